import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hasWildcard, matchesMask } from "../../../src/core/tree/name-mask.ts";

const rows: readonly [mask: string, name: string, matches: boolean][] = [
  ["*", "anything.at.all", true],
  ["*", "", false],
  ["", "", true],
  ["", "a", false],
  ["*.*", "noext", true],
  ["*.txt", "a.txt", true],
  ["*.txt", "A.TXT", true],
  ["*.txt", "a.txt.bak", false],
  ["a?c", "abc", true],
  ["a?c", "ac", false],
  ["a*b*c", "axxbyyc", true],
  ["a*b*c", "axxbyy", false],
  ["größe.*", "GRÖSSE.TXT", false],
  ["größe.*", "GRÖßE.TXT", true],
  ["a.b", "aXb", false],
  // DOS_STAR: everything but the last dot.
  ["<", "noext", true],
  ["<", "name.ext", false],
  ["<.txt", "a.txt", true],
  ["<.txt", "a.b.txt", true],
  ["<.txt", "a.txt.bak", false],
  ['<"*', "name.tar.gz", true],
  // DOS_QM: one, or none at a dot or at the end.
  ["a>>.txt", "a.txt", true],
  ["a>>.txt", "ab.txt", true],
  ["a>>.txt", "abc.txt", true],
  ["a>>.txt", "abcd.txt", false],
  ["a>", "a", true],
  ["a>", "a.", false],
  // DOS_DOT: a dot, or the end.
  ['name"', "name", true],
  ['name"', "name.", true],
  ['name"', "names", false],
  ['name"txt', "name.txt", true],
];

describe("matchesMask", () => {
  for (const [mask, name, matches] of rows) {
    it(`${JSON.stringify(mask)} ${matches ? "matches" : "does not match"} ${JSON.stringify(name)}`, () => {
      assert.equal(matchesMask(mask, name), matches);
    });
  }

  it("agrees with a regular expression on * and ?", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "b", ".", "c"),
      minLength: 1,
      maxLength: 8,
    });
    const mask = fc.string({
      unit: fc.constantFrom("a", "b", "*", "?", "."),
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(mask, text, (pattern, name) => {
        fc.pre(pattern !== "*.*");
        const source = pattern.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".");
        assert.equal(matchesMask(pattern, name), new RegExp(`^${source}$`).test(name));
      }),
    );
  });

  it("does not explode on a hostile mask", () => {
    assert.equal(matchesMask("*a".repeat(200), "a".repeat(199)), false);
    assert.equal(matchesMask("<*".repeat(200), "a.".repeat(500)), true);
  });
});

describe("hasWildcard", () => {
  it("knows all five", () => {
    for (const mask of ["a*", "?", "<", ">x", 'a"']) assert.equal(hasWildcard(mask), true);
    assert.equal(hasWildcard("plain.txt"), false);
  });
});
