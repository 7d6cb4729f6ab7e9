import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type CaseTable,
  foldName,
  isUpperCaseDisputed,
  upperCase,
  upperCaseTable,
} from "../../../src/core/wire/upper-case.ts";

/** The small letters with iota subscript, whose one-unit counterpart Unicode calls title case. */
function hasIotaSubscript(unit: number): boolean {
  return /^\p{Ll}$/u.test(String.fromCharCode(unit)) && 0x1f80 <= unit && unit <= 0x1ff3;
}

describe("the upper case of servers", () => {
  for (const [table, size] of [
    ["samba", 636],
    ["windows", 973],
    ["either", 974],
  ] as const satisfies readonly (readonly [CaseTable, number])[]) {
    const map = upperCaseTable(table);

    it(`of ${table} changes ${size} units, each as Unicode does that has one unit for it`, () => {
      assert.equal(map.size, size);
      for (const [unit, upper] of map) {
        const unicode = String.fromCharCode(unit).toUpperCase();
        if (unicode.length > 1) assert.ok(hasIotaSubscript(unit), unit.toString(16));
        else assert.equal(upper, unicode.charCodeAt(0), unit.toString(16));
      }
    });

    it(`of ${table} is its own upper case, and makes nothing ASCII that was not`, () => {
      for (const [unit, upper] of map) {
        assert.equal(map.has(upper), false, unit.toString(16));
        assert.equal(upper < 0x80, unit < 0x80, unit.toString(16));
      }
    });
  }

  it("knows Latin-1, Greek and Cyrillic in both tables", () => {
    for (const table of ["samba", "windows"] as const) {
      assert.equal(upperCase("straße àéîõü ÿ", table), "STRAßE ÀÉÎÕÜ Ÿ");
      assert.equal(upperCase("αβγ άέύώ", table), "ΑΒΓ ΆΈΎΏ");
      assert.equal(upperCase("привет ёђџ", table), "ПРИВЕТ ЁЂЏ");
      assert.equal(upperCase("ﬁ ı ſ µ გიორგი", table), "ﬁ ı ſ µ გიორგი");
      assert.equal(upperCase("\u{10428}", table), "\u{10428}");
    }
  });

  it("differs in what came to Unicode later, and in the final sigma", () => {
    assert.deepEqual(
      [upperCase("ștefan", "windows"), upperCase("ștefan", "samba")],
      ["ȘTEFAN", "șTEFAN"],
    );
    assert.deepEqual([upperCase("ѝван", "windows"), upperCase("ѝван", "samba")], ["ЍВАН", "ѝВАН"]);
    assert.deepEqual([upperCase("ς", "windows"), upperCase("ς", "samba")], ["ς", "Σ"]);
    for (const name of ["ștefan", "ѝван", "ὀδυσσεύς"])
      assert.equal(isUpperCaseDisputed(name), true);
    for (const name of ["anna", "jörg", "µuser", "გიორგი", "ȘTEFAN"])
      assert.equal(isUpperCaseDisputed(name), false);
  });

  it("takes two names for the same that one server or the other does", () => {
    assert.equal(foldName("Ștefan"), foldName("ștefan"));
    assert.equal(foldName("Οδυσσεύς"), foldName("ΟΔΥΣΣΕΎΣ"));
    assert.notEqual(foldName("Straße"), foldName("STRASSE"));
  });
});
