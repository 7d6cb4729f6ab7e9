import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Reader } from "../../../src/core/wire/reader.ts";
import { parseSid, readSid } from "../../../src/core/wire/sid.ts";
import { fromHex, toHex } from "../../support/hex.ts";

const known: readonly [text: string, hex: string][] = [
  ["S-1-0-0", "010100000000000000000000"],
  ["S-1-1-0", "010100000000000100000000"],
  ["S-1-5-18", "010100000000000512000000"],
  ["S-1-5-32-544", "01020000000000052000000020020000"],
  [
    "S-1-5-21-3943228001-3763685679-4036943697-501",
    "01050000000000051500000061e208eb2f4955e051df9ef0f5010000",
  ],
  ["S-1-0x0102030405FF-1", "0101 0102030405ff 01000000"],
  ["S-1-4294967295", "0100 0000ffffffff"],
];

describe("a SID", () => {
  for (const [text, hex] of known) {
    it(`${text} has its bytes and its text`, () => {
      assert.equal(readSid(new Reader(fromHex(hex))), text);
      assert.equal(toHex(parseSid(text)), hex.replaceAll(" ", ""));
    });
  }

  it("comes back, whatever its numbers", () => {
    const authority = fc.integer({ min: 0, max: 0xffff_ffff });
    const parts = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 15 });
    fc.assert(
      fc.property(authority, parts, (first, rest) => {
        const text = ["S-1", first, ...rest].join("-");
        assert.equal(readSid(new Reader(parseSid(text))), text);
      }),
    );
  });

  it("is refused where its text is not one", () => {
    const wrong = ["", "S-1", "S-2-1-0", "S-1-5-", "S-1-5-4294967296", `S-1-5${"-1".repeat(16)}`];
    for (const text of [...wrong, "S-1-5-x", "s 1-5"]) {
      assert.throws(() => parseSid(text), { code: "ERR_SMB_WIRE_FORMAT" }, text);
    }
  });

  it("is refused where its bytes are not one", () => {
    for (const hex of ["", "01", "0101000000000005", "0200000000000005", "0110000000000005"]) {
      assert.throws(() => readSid(new Reader(fromHex(hex))), { code: "ERR_SMB_WIRE_FORMAT" }, hex);
    }
  });
});
