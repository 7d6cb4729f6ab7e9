import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { aesCmac, createCmacKey } from "../../../src/core/crypto/aes-cmac.ts";
import { fromHex, toHex } from "../../support/hex.ts";

const KEY = createCmacKey(fromHex("2b7e151628aed2a6abf7158809cf4f3c"));
const MESSAGE = fromHex(`6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
  30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`);

describe("aesCmac", () => {
  it("derives the subkeys of RFC 4493, 4", () => {
    assert.equal(toHex(KEY.whole), "fbeed618357133667c85e08f7236a8de");
    assert.equal(toHex(KEY.padded), "f7ddac306ae266ccf90bc11ee46d513b");
  });

  for (const [length, mac] of [
    [0, "bb1d6929e95937287fa37d129b756746"],
    [16, "070a16b46b4d4144f79bdd9dd04a287c"],
    [40, "dfa66747de9ae63030ca32611497c827"],
    [64, "51f0bebf7e3b9d92fc49741779363cfe"],
  ] as const) {
    it(`authenticates ${length} bytes as RFC 4493, 4 does`, () => {
      assert.equal(toHex(aesCmac(KEY, [MESSAGE.subarray(0, length)])), mac);
    });
  }

  it("does not depend on where a message is cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200)), (bytes, cuts) => {
        const edges = [0, ...cuts.map((c) => Math.min(c, bytes.length)), bytes.length];
        edges.sort((a, b) => a - b);
        const parts = edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge));
        assert.deepEqual(aesCmac(KEY, parts), aesCmac(KEY, [bytes]));
      }),
    );
  });

  it("handles messages longer than one cipher call takes", () => {
    const long = new Uint8Array(200_001).fill(7);
    const cut = [long.subarray(0, 70_003), long.subarray(70_003)];
    assert.deepEqual(aesCmac(KEY, cut), aesCmac(KEY, [long]));
  });
});
