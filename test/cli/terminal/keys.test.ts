import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Key, KeyDecoder } from "../../../src/cli/shell/terminal/keys.ts";

/** Keys as words: text in quotes. */
function words(keys: readonly Key[]): string {
  return keys.map(({ name, text }) => (name === "text" ? `'${text}'` : name)).join(" ");
}

function decode(...pieces: readonly string[]): string {
  const decoder = new KeyDecoder();
  const keys = pieces.flatMap((piece) => decoder.decode(piece));
  return words([...keys, ...decoder.flush()]);
}

describe("keys", () => {
  const table: readonly (readonly [sent: string, keys: string])[] = [
    ["abc", "'abc'"],
    ["日本 ü", "'日本 ü'"],
    ["ls\r", "'ls' enter"],
    ["\n\t\b\x7f\x00", "enter tab backspace backspace ctrl-space"],
    ["\x01\x05\x1a\x1c\x1f", "ctrl-a ctrl-e ctrl-z ctrl-\\ ctrl-_"],
    ["\x1b[A\x1b[B\x1b[C\x1b[D", "up down right left"],
    ["\x1bOA\x1bOB\x1bOC\x1bOD\x1bOH\x1bOF", "up down right left home end"],
    ["\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~", "home end home end home end"],
    ["\x1b[2~\x1b[3~\x1b[5~\x1b[6~\x1b[Z", "insert delete page-up page-down shift-tab"],
    ["\x1b[1;5C\x1b[1;5D\x1b[1;3D\x1b[3;5~", "ctrl-right ctrl-left meta-left ctrl-delete"],
    ["\x1bO5C\x1b[1;2C", "ctrl-right right"],
    ["\x1bb\x1bF\x1b\x7f\x1b.\x1b<", "meta-b meta-f meta-backspace meta-. meta-<"],
    ["\x1b", "escape"],
    ["\x1b\x1b[A", "up"],
    ["\x1b\x1b", "escape escape"],
    ["\x1b[", "meta-["],
    ["\x1b[12~\x1b[?1;2c\x1b[15~x", "unknown unknown unknown 'x'"],
    ["a\x1b[31mb", "'a' unknown 'b'"],
  ];
  for (const [sent, keys] of table) {
    it(`${JSON.stringify(sent)} is ${keys}`, () => assert.equal(decode(sent), keys));
  }

  it("are found in sequences that arrive in pieces", () => {
    assert.equal(decode("\x1b", "[1;", "5", "Cx"), "ctrl-right 'x'");
    assert.equal(decode("\x1b", "b"), "meta-b");
  });

  it("do not depend on how they are cut", () => {
    const sent = "ab\x1b[A\x1b[1;5Cü\x1bb\x1b[200~p\r\nq\x1b[201~\x1b[3~\r";
    const inOne = decode(sent);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: sent.length }), (at) => {
        assert.equal(decode(sent.slice(0, at), sent.slice(at)).replace("' '", ""), inOne);
      }),
    );
  });

  it("never get stuck, whatever is sent", () => {
    const noise = fc.array(fc.constantFrom("\x1b", "[", "O", "2", "0", ";", "~", "A", "a", "\r"));
    fc.assert(
      fc.property(noise, (characters) => {
        const decoder = new KeyDecoder();
        for (const character of characters) decoder.decode(character);
        decoder.flush();
        assert.equal(decoder.isUnfinished, false);
      }),
    );
  });
});

describe("what is pasted", () => {
  it("is text, and its line ends are Enter", () => {
    assert.equal(
      decode("\x1b[200~pwd\nls\r\ncd x\x1b[201~\x01"),
      "'pwd' enter 'ls' enter 'cd x' ctrl-a",
    );
  });

  it("keeps tabs, for the editor to make blanks of them, and completes nothing", () => {
    assert.equal(decode("\x1b[200~a\tb\x1b[201~"), "'a\tb'");
  });

  it("ends where its end mark ends, even in pieces", () => {
    assert.equal(decode("\x1b[200~ab\x1b[20", "1~\x03"), "'ab' ctrl-c");
  });
});
