import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatTimeWithZone, parseTime, TimeFormat } from "../../../src/cli/render/time.ts";
import { LEAP_DAY } from "../../support/fake-tree.ts";

/** asctime by the slow way. */
function asctime(ms: number): string {
  const date = new Date(Math.floor(ms / 1000) * 1000);
  const [weekday, month, day, year] = date.toDateString().split(" ");
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${date.toTimeString().slice(0, 8)} ${Number(year)}`;
}

describe("TimeFormat", () => {
  for (const zone of [
    "UTC",
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Apia",
  ]) {
    it(`agrees with Date in ${zone}, across changes of the clock`, () => {
      process.env["TZ"] = zone;
      const format = new TimeFormat();
      const times = fc.integer({ min: 0, max: Date.UTC(2107, 0, 1) });
      fc.assert(
        fc.property(times, (ms) => assert.equal(format.unixMs(ms), asctime(ms))),
        {
          numRuns: 2000,
        },
      );
    });
  }

  it("knows clocks that change at one minute past midnight", () => {
    process.env["TZ"] = "America/St_Johns";
    const change = Date.UTC(1999, 3, 4, 3, 31);
    const shown = [-1000, 0, 1000].map((ms) => new TimeFormat().unixMs(change + ms).slice(11, 19));
    assert.deepEqual(shown, ["00:00:59", "01:01:00", "01:01:01"]);
  });

  it("shows a time that is not set as the beginning of 1970", () => {
    process.env["TZ"] = "UTC";
    assert.equal(new TimeFormat().fileTime(0n), "Thu Jan  1 00:00:00 1970");
  });
});

describe("formatTimeWithZone", () => {
  const rows = [
    ["UTC", "Thu Feb 29 12:34:56 2024 UTC"],
    ["Europe/Berlin", "Thu Feb 29 13:34:56 2024 CET"],
    ["America/New_York", "Thu Feb 29 07:34:56 2024 EST"],
  ] as const;
  for (const [zone, expected] of rows) {
    it(`names the zone ${zone}`, () => {
      process.env["TZ"] = zone;
      assert.equal(formatTimeWithZone(LEAP_DAY), expected);
    });
  }
});

describe("parseTime", () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ["2020:01:02-03:04:05", Date.UTC(2020, 0, 2, 3, 4, 5)],
    ["20:01:02-03:04:05", Date.UTC(2020, 0, 2, 3, 4, 5)],
    ["99:12:31-23:59:59", Date.UTC(1999, 11, 31, 23, 59, 59)],
    ["2024:02:29-00:00:00", Date.UTC(2024, 1, 29)],
    ["2023:02:29-00:00:00", undefined],
    ["2020:13:01-00:00:00", undefined],
    ["2020:01:02-03:04", undefined],
    ["2020:01:02-25:00:00", undefined],
    ["2020-01-02", undefined],
    ["-1", undefined],
  ];
  for (const [text, expected] of rows) {
    it(`${text} is ${expected}`, () => {
      process.env["TZ"] = "UTC";
      assert.equal(parseTime(text), expected);
    });
  }
});
