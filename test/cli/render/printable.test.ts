import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonLine, printable } from "../../../src/cli/render/printable.ts";

describe("printable", () => {
  const cases: readonly (readonly [text: string, shown: string])[] = [
    ["", ""],
    ["plain \\ text", "plain \\ text"],
    ["Grüße 你好 👍", "Grüße 你好 👍"],
    ["\x1b]0;title\x07", "\\x1b]0;title\\x07"],
    ["a\nb\tc\rd", "a\\x0ab\\x09c\\x0dd"],
    ["\x7f\x9b", "\\x7f\\x9b"],
    ["exe.\u202etxt", "exe.\\u202etxt"],
    ["\u2066x\u2069\u200f", "\\u2066x\\u2069\\u200f"],
    ["a\u2028b", "a\\u2028b"],
    ["\ud800x", "\\ud800x"],
  ];
  for (const [text, shown] of cases) {
    it(JSON.stringify(text), () => assert.equal(printable(text), shown));
  }

  it("leaves nothing that moves a cursor", () => {
    for (let code = 0; code < 0x300; code++) {
      assert.doesNotMatch(printable(String.fromCharCode(code)), /\p{Cc}/u);
    }
  });
});

describe("a line of JSON", () => {
  it("has nothing in it that a terminal obeys, and means the same", () => {
    const value = { name: "a\x1b[2J\x7f\x9bb\u202ec\u2028 \ud800 \\ \u4f60 \u{1f44d}" };
    const line = jsonLine(value);
    assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Bidi_Control}\u2028\p{Cs}]/u);
    assert.match(line, /\\u007f\\u009bb\\u202ec.*\u4f60 \u{1f44d}"\}\n$/u);
    assert.deepEqual(JSON.parse(line), value);
  });
});
