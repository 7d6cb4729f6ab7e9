import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { md4 } from "../../../src/core/crypto/md4.ts";
import { toHex } from "../../support/hex.ts";

// RFC 1320, A.5
const VECTORS: readonly (readonly [string, string])[] = [
  ["", "31d6cfe0d16ae931b73c59d7e0c089c0"],
  ["a", "bde52cb31de33e46245e05fbdbd6fb24"],
  ["abc", "a448017aaf21d8525fc10ae87aa6729d"],
  ["message digest", "d9130a8164549fe818874806e1c7014b"],
  ["abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"],
  [
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "043f8582f241db351ce627e153e7f0e4",
  ],
  ["1234567890".repeat(8), "e33b4ddc9c38f2199c3e7b164fcc0536"],
];

describe("md4", () => {
  for (const [text, digest] of VECTORS) {
    it(`digests ${JSON.stringify(text.slice(0, 20))} (${text.length} bytes)`, () => {
      assert.equal(toHex(md4(Buffer.from(text, "latin1"))), digest);
    });
  }

  it("leaves its input alone", () => {
    const input = Uint8Array.of(1, 2, 3);
    md4(input);
    assert.deepEqual(input, Uint8Array.of(1, 2, 3));
  });
});
