import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseModes } from "../../../src/cli/commands/setmode.ts";
import { FileAttributes } from "../../../src/core/index.ts";

const { READONLY: R, SYSTEM: S, HIDDEN: H, ARCHIVE: A } = FileAttributes;

// As smbclient 4.17 and 4.25 do, tried with each of these words.
describe("the modes of setmode", () => {
  const rows: readonly (readonly [words: string, set: number, clear: number])[] = [
    ["+r-a", R, A],
    ["+h+s", H | S, 0],
    ["-r h", 0, R | H],
    ["-r -h", 0, R | H],
    ["-a+h", H, A],
    ["h-r", H, R],
    ["rs-r", R | S, R],
    ["-r+r", R, R],
    ["+ rh", R | H, 0],
    ["--r", 0, R],
    ["rsha", R | S | H | A, 0],
  ];
  for (const [words, set, clear] of rows) {
    it(words, () => assert.deepEqual(parseModes(words.split(" ")), { set, clear }));
  }

  it("without a letter, or with one that means nothing, are a wrong use", () => {
    for (const words of ["+", "-", "+-"]) {
      assert.throws(() => parseModes([words]), { message: "setmode <filename> <[+|-]rsha>" });
    }
    for (const words of ["+rq", "+r,h", "r=h"]) {
      assert.throws(() => parseModes([words]), { message: "setmode <filename> <perm=[+|-]rsha>" });
    }
  });
});
