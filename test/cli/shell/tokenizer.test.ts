import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { quoteWord, splitCommands, splitWords } from "../../../src/cli/shell/tokenizer.ts";

const own = { splitsInsideQuotes: false };
const smbclient = { splitsInsideQuotes: true };

describe("splitCommands", () => {
  const rows: readonly (readonly [text: string, own: string[], smbclient: string[]])[] = [
    ["ls", ["ls"], ["ls"]],
    ["cd a; ls ;pwd", ["cd a", "ls", "pwd"], ["cd a", "ls", "pwd"]],
    [";; ls ;;", ["ls"], ["ls"]],
    ["", [], []],
    ['get "a;b" c', ['get "a;b" c'], ['get "a', 'b" c']],
    ["pwd\npwd", ["pwd", "pwd"], ["pwd\npwd"]],
    ['ls "open\npwd', ['ls "open', "pwd"], ['ls "open\npwd']],
    ["a\r\nb", ["a", "b"], ["a\r\nb"]],
  ];
  for (const [text, mine, theirs] of rows) {
    it(JSON.stringify(text), () => {
      assert.deepEqual(splitCommands(text, own), mine);
      assert.deepEqual(splitCommands(text, smbclient), theirs);
    });
  }
});

describe("splitWords", () => {
  const rows: readonly (readonly [string, string[]])[] = [
    ["", []],
    ["  ls  ", ["ls"]],
    ['ls "with space.txt"', ["ls", "with space.txt"]],
    ['l"s" hel"lo.t"xt', ["ls", "hello.txt"]],
    ["cd dir\\sub\\", ["cd", "dir\\sub\\"]],
    ['get "a\\"b', ["get", "a\\b"]],
    ['ls "open end', ["ls", "open end"]],
    ["ls 'single quotes'", ["ls", "'single", "quotes'"]],
    ['put ""', ["put", ""]],
    ["a\tb\nc", ["a", "b", "c"]],
  ];
  for (const [line, words] of rows) {
    it(JSON.stringify(line), () => {
      assert.deepEqual(
        splitWords(line).map((word) => word.text),
        words,
      );
    });
  }

  it("tells where words stand and whether a quote is open", () => {
    assert.deepEqual(splitWords(' cd "a b'), [
      { text: "cd", start: 1, end: 3, isOpen: false },
      { text: "a b", start: 4, end: 8, isOpen: true },
    ]);
  });

  it("covers the line: what lies between words is blank", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (line) => {
        let rest = line;
        for (const { start, end } of splitWords(line).reverse()) {
          rest = rest.slice(0, start) + rest.slice(end);
        }
        assert.match(rest, /^[ \t\r\n]*$/);
      }),
    );
  });

  it("reads back what quoteWord writes", () => {
    const words = fc.array(fc.string({ minLength: 1 }).map((word) => word.replaceAll('"', "x")));
    fc.assert(
      fc.property(words, (list) => {
        const read = splitWords(list.map(quoteWord).join(" ")).map((word) => word.text);
        assert.deepEqual(read, list);
      }),
    );
  });

  it("keeps a quoted word in one command", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (word) => {
        const oneLine = word.replaceAll(/["\r\n]/g, "x");
        assert.deepEqual(splitCommands(`ls ${quoteWord(oneLine)}; pwd`, own), [
          `ls ${quoteWord(oneLine)}`.trim(),
          "pwd",
        ]);
      }),
    );
  });
});
