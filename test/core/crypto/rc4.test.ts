import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Rc4 } from "../../../src/core/crypto/rc4.ts";
import { fromHex, toHex } from "../../support/hex.ts";

function text(value: string): Uint8Array {
  return Buffer.from(value, "latin1");
}

describe("Rc4", () => {
  it("encrypts the well-known examples", () => {
    assert.equal(toHex(new Rc4(text("Key")).update(text("Plaintext"))), "bbf316e8d940af0ad3");
    assert.equal(toHex(new Rc4(text("Wiki")).update(text("pedia"))), "1021bf0420");
    assert.equal(
      toHex(new Rc4(text("Secret")).update(text("Attack at dawn"))),
      "45a01f645fc35b383552544b9bf5",
    );
  });

  it("gives the key stream of RFC 6229 for a 128-bit key", () => {
    const stream = new Rc4(fromHex("0102030405060708090a0b0c0d0e0f10"));
    const bytes = stream.update(new Uint8Array(272));
    assert.equal(toHex(bytes.subarray(0, 16)), "9ac7cc9a609d1ef7b2932899cde41b97");
    assert.equal(toHex(bytes.subarray(240, 256)), "065902e4b620f6cc36c8589f66432f2b");
  });

  it("keeps its place from call to call", () => {
    const whole = new Rc4(text("Key")).update(text("Plaintext"));
    const stream = new Rc4(text("Key"));
    const parts = [
      stream.update(text("Pla")),
      stream.update(text("")),
      stream.update(text("intext")),
    ];
    assert.equal(parts.map(toHex).join(""), toHex(whole));
  });
});
