import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { displayWidth } from "../../../src/cli/render/display-width.ts";
import { formatRate, RateTotal } from "../../../src/cli/render/rate.ts";
import { createProgress, silentProgress } from "../../../src/cli/transfer/progress.ts";
import { BarProgress } from "../../../src/cli/transfer/progress-bars.ts";
import { formatBytes, formatDuration } from "../../../src/cli/transfer/quantities.ts";

/** A terminal that keeps what it is sent. */
function terminal() {
  const written: string[] = [];
  const asTerminal = { columns: 120, write: (text: string) => void written.push(text) };
  return { asTerminal, text: () => written.join(""), last: () => written.at(-1) ?? "" };
}

/** Bars at a time that the test sets. */
function bars() {
  const screen = terminal();
  const clock = { now: 0 };
  return {
    ...screen,
    clock,
    progress: new BarProgress(
      screen.asTerminal,
      () => clock.now,
      () => true,
    ),
  };
}

describe("progress", () => {
  it("is silent where standard error is no terminal", async () => {
    assert.equal(await createProgress({ isErrTerminal: false }), silentProgress);
  });

  it("draws nothing for what is over at once", () => {
    const { asTerminal, text } = terminal();
    const progress = new BarProgress(
      asTerminal,
      () => 100,
      () => true,
    );
    const file = progress.begin("f", 10);
    file.advance(10);
    file.done();
    progress.end();
    assert.equal(text(), "");
  });

  it("leaves the screen to a question", () => {
    const { asTerminal, text } = terminal();
    let now = 0;
    const progress = new BarProgress(
      asTerminal,
      () => now,
      () => true,
    );
    const file = progress.begin("f", 10);
    const release = progress.hold();
    now = 1000;
    file.advance(1);
    assert.equal(text(), "");
    release();
    assert.match(text(), /1 B of 10 B/);
    progress.end();
  });

  it("counts on what is expected as soon as that is known", () => {
    const { asTerminal, text } = terminal();
    let now = 0;
    const progress = new BarProgress(
      asTerminal,
      () => now,
      () => true,
    );
    const file = progress.begin("f", undefined);
    file.expect(100);
    now = 1000;
    file.advance(25);
    assert.match(text(), /25% 25 B of 100 B/);
    progress.end();
  });

  it("shows bytes, rate, files and failures, and gives the cursor back", () => {
    const { asTerminal, text } = terminal();
    let now = 0;
    const progress = new BarProgress(
      asTerminal,
      () => now,
      () => true,
    );
    const first = progress.begin("first", 3 << 20);
    now = 1000;
    first.advance(1 << 20);
    const second = progress.begin("dir\\evil\u001b[2J", 1 << 20);
    second.failed(new Error("no"));
    first.advance(2 << 20);
    first.done();
    progress.end();
    progress.end();
    assert.match(text(), /1\.0 MiB of 3\.0 MiB 1\.0 MiB\/s 0:02/);
    assert.equal(text().includes("\u001b[?25h"), true);
    assert.equal(text().includes("\u001b[2J"), false);
  });

  it("begins at nothing where the size comes with the file", () => {
    const { progress, clock, last } = bars();
    const file = progress.begin("f", undefined);
    clock.now = 1000;
    file.advance(1);
    assert.doesNotMatch(last(), /%/);
    file.expect(100);
    clock.now = 2000;
    file.advance(9);
    assert.match(last(), / 10% 10 B of 100 B /);
    progress.end();
  });

  it("counts what was there before as being there, not as moved", () => {
    const { progress, clock, last } = bars();
    const file = progress.begin("f", undefined);
    file.expect(10 << 20);
    file.skip(9 << 20);
    clock.now = 1000;
    file.advance(1 << 19);
    assert.match(last(), / 95% 9\.5 MiB of 10\.0 MiB 512 KiB\/s 0:01 /);
    progress.end();
  });

  it("counts empty files by their number", () => {
    const { progress, clock, last } = bars();
    const [first] = [progress.begin("a", 0), progress.begin("b", 0)];
    clock.now = 1000;
    first?.done();
    assert.match(last(), / 50% 0 B of 0 B .* 1\/2 files /);
    progress.end();
  });

  it("reaches the end where less was to move than it seemed", () => {
    const { progress, clock, last } = bars();
    const [holey, failing] = [progress.begin("a", 100), progress.begin("b", 100)];
    holey.advance(40);
    holey.done();
    clock.now = 1000;
    failing.failed(new Error("no"));
    assert.match(last(), / 100% 40 B of 40 B .* 1\/2 files 1 failed /);
    progress.end();
  });

  it("never runs backwards: it knows of files before they begin, or shows no part of the whole", async () => {
    const { progress, clock, last } = bars();
    const items = [10, 20, 30, 40];
    let known = (): void => undefined;
    async function* source(): AsyncGenerator<number> {
      yield* items.slice(0, 2);
      await new Promise<void>((resolve) => {
        known = resolve;
      });
      yield* items.slice(2);
    }
    const survey = progress.survey(source(), (bytes) => ({ files: 1, bytes }));
    const taken: number[] = [];
    for await (const bytes of survey) {
      taken.push(bytes);
      const file = progress.begin("f", bytes);
      clock.now += 1000;
      file.advance(bytes);
      clock.now += 1000;
      file.done();
      if (taken.length === 2) {
        assert.match(last(), /30 B .* 2\/2 files/);
        known();
      }
      if (taken.length === 3) assert.match(last(), /60 B .* 3\/4 files /);
    }
    assert.match(last(), / 100% 100 B of 100 B .* 4\/4 files /);
    assert.deepEqual(taken, items);
    progress.end();
  });

  it("prints lines above what it draws, and none into a question", () => {
    const { progress, clock, text, asTerminal } = bars();
    const file = progress.begin("f", 10);
    clock.now = 1000;
    file.advance(5);
    progress.print(() => asTerminal.write("a line\n"));
    const release = progress.hold();
    clock.now = 2000;
    progress.print(() => asTerminal.write("another\n"));
    assert.doesNotMatch(text(), /line|another/);
    release();
    assert.ok(text().includes("\r\u001b[K\u001b[?25ha line\nanother\n\r\u001b[?25l█"), text());
    progress.end();
    assert.ok(text().endsWith("\r\u001b[K\u001b[?25h"));
  });

  it("takes one line, however long the names are", () => {
    const { progress, clock, text, asTerminal } = bars();
    asTerminal.columns = 40;
    const file = progress.begin("日本".repeat(30), 10);
    clock.now = 1000;
    file.advance(5);
    progress.end();
    for (const line of text().split("\r")) {
      assert.ok(displayWidth(stripVTControlCharacters(line)) < 40, line);
    }
  });
});

describe("an average rate", () => {
  it("is of the time in which anything moved: files side by side share theirs", () => {
    const rates = new RateTotal();
    for (const end of [1000, 1001, 1002, 1003]) rates.add(1 << 20, 1000, end);
    assert.equal(rates.text, formatRate(4 << 20, 1003));
  });

  it("adds up where one file comes after the other", () => {
    const rates = new RateTotal();
    for (let index = 1; index <= 1000; index += 1) rates.add(1 << 20, 10, index * 1000);
    assert.equal(rates.text, formatRate(1000 << 20, 10_000));
  });

  it("counts the gap between two as well where a third one fills it", () => {
    const rates = new RateTotal();
    rates.add(1, 1, 11);
    rates.add(1, 1, 51);
    rates.add(1022, 100, 100);
    assert.equal(rates.text, formatRate(1024, 100));
  });
});

describe("quantities", () => {
  it("are short", () => {
    const rows: [number, string][] = [
      [0, "0 B"],
      [999, "999 B"],
      [1000, "1.0 KiB"],
      [1536, "1.5 KiB"],
      [150 * 1024, "150 KiB"],
      [1 << 30, "1.0 GiB"],
    ];
    for (const [bytes, text] of rows) assert.equal(formatBytes(bytes), text);
    assert.equal(formatDuration(3), "0:03");
    assert.equal(formatDuration(3723), "1:02:03");
    assert.equal(formatDuration(59.2), "1:00");
  });
});
