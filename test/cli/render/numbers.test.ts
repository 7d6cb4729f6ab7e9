import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { displayWidth } from "../../../src/cli/render/display-width.ts";
import { createTransferRates, formatRate } from "../../../src/cli/render/rate.ts";
import { formatSize } from "../../../src/cli/render/size.ts";

describe("formatSize", () => {
  const rows = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 KiB"],
    [1536, "1.5 KiB"],
    [12 * 1024 * 1024, "12 MiB"],
    [1023 * 1024, "1.0 MiB"],
    [5 * 1024 ** 3, "5.0 GiB"],
    [2 ** 53, "8.0 PiB"],
  ] as const;
  for (const [bytes, text] of rows) {
    it(`${bytes} is ${text}`, () => assert.equal(formatSize(bytes), text));
  }
});

describe("rates", () => {
  const rows = [
    [0, 0, "0.0"],
    [1024, 0, "inf"],
    [1024, 1000, "1.0"],
    [3_000_000, 10, "292968.8"],
  ] as const;
  for (const [bytes, ms, text] of rows) {
    it(`${bytes} bytes in ${ms} ms is ${text}`, () => assert.equal(formatRate(bytes, ms), text));
  }

  it("the average counts all files of a direction", () => {
    const { download, upload } = createTransferRates();
    download.add(1024, 1000, 1000);
    download.add(3072, 1000, 2000);
    assert.equal(download.text, "2.0");
    assert.equal(upload.text, "0.0");
  });
});

describe("displayWidth", () => {
  const rows = [
    ["plain", 5],
    ["日本語", 6],
    ["é", 1],
    ["e\u0301", 1],
    ["한글.txt", 8],
    ["📁", 2],
    ["a\u200bb", 2],
    ["ｆｕｌｌ", 8],
  ] as const;
  for (const [text, width] of rows) {
    it(`${text} takes ${width} columns`, () => assert.equal(displayWidth(text), width));
  }
});
