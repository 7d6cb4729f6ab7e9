import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { constantTimeEqual, createSigner } from "../../../src/core/crypto/signing.ts";
import { SigningAlgorithmId } from "../../../src/core/smb2/constants.ts";
import { fromHex, toHex } from "../../support/hex.ts";

const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const MESSAGE = Uint8Array.from({ length: 150 }, (_, i) => i);
const FROM_CLIENT = { fromServer: false, isCancel: false };
const FROM_SERVER = { fromServer: true, isCancel: false };
const CANCEL = { fromServer: false, isCancel: true };
const { HMAC_SHA256, AES_CMAC, AES_GMAC } = SigningAlgorithmId;

describe("createSigner", () => {
  // Computed with another implementation.
  for (const [algorithm, messageId, role, signature] of [
    [HMAC_SHA256, 5, FROM_CLIENT, "a4cabe33098d0b801219eae331df30dd"],
    [AES_CMAC, 5, FROM_CLIENT, "f2b39e79c51deda346e97ed6617d635a"],
    [AES_GMAC, 5, FROM_CLIENT, "0fdbaccdc376c5be46e8578f7c1a72be"],
    [AES_GMAC, 5, FROM_SERVER, "86d8aaab834d91b287f4fa962d5d007f"],
    [AES_GMAC, 5, CANCEL, "b60ead17cde883661f1e976e306e5aec"],
    [AES_GMAC, 0x1_0000_0007, FROM_CLIENT, "b153172f043bfafd9c13085fcf728ac7"],
    [AES_GMAC, -1, FROM_SERVER, "9179cfbb8ab24d2bd66a126a7b8aa79f"],
  ] as const) {
    it(`signs with algorithm ${algorithm}, message ${messageId}, ${JSON.stringify(role)}`, () => {
      const signer = createSigner(algorithm, KEY);
      assert.equal(toHex(signer.sign([MESSAGE], messageId, role)), signature);
    });
  }

  for (const algorithm of [HMAC_SHA256, AES_CMAC, AES_GMAC] as const) {
    it(`gives one signature however a message is cut (algorithm ${algorithm})`, () => {
      const signer = createSigner(algorithm, KEY);
      const whole = signer.sign([MESSAGE], 9, FROM_CLIENT);
      fc.assert(
        fc.property(fc.nat(150), fc.nat(150), (a, b) => {
          const [first, second] = a < b ? [a, b] : [b, a];
          const parts = [
            MESSAGE.subarray(0, first),
            MESSAGE.subarray(first, second),
            MESSAGE.subarray(second),
          ];
          assert.deepEqual(signer.sign(parts, 9, FROM_CLIENT), whole);
        }),
      );
    });
  }

  it("signs as Windows did: the SESSION_SETUP response of Microsoft's 3.1.1 example", () => {
    const message = fromHex(`FE534D4240000100000000000100800009000000000000000300000000000000
      FFFE0000000000001900000000100000 00000000000000000000000000000000
      0900000048001D00A11B3019A0030A0100A3120410010000003B453CDC3524164200000000`);
    const signer = createSigner(AES_CMAC, fromHex("73FE7A9A77BEF0BDE49C650D8CCB5F76"));
    const signature = signer.sign([message], 3, FROM_SERVER);
    assert.equal(toHex(signature), "ebe146da120ba25fc3376a49dfe31bc1");
  });
});

describe("constantTimeEqual", () => {
  it("compares content and length", () => {
    assert.equal(constantTimeEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), true);
    assert.equal(constantTimeEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
    assert.equal(constantTimeEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3)), false);
    assert.equal(constantTimeEqual(new Uint8Array(0), new Uint8Array(0)), true);
  });
});
