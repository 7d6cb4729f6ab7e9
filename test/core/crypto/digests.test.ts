import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hmacMd5, hmacSha256, md5, sha256, sha512 } from "../../../src/core/crypto/digests.ts";
import { initialPreauthHash, preauthUpdate } from "../../../src/core/crypto/preauth-hash.ts";
import { randomBytes } from "../../../src/core/crypto/random.ts";
import { fromHex, toHex } from "../../support/hex.ts";

function text(value: string): Uint8Array {
  return Buffer.from(value, "latin1");
}

describe("digests", () => {
  it("digest the parts as one message", () => {
    assert.equal(toHex(md5(text("message "), text("digest"))), "f96b697d7cb7938d525a2f31aaf161d0");
    assert.equal(
      toHex(sha256(text("a"), text("bc"))),
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
    assert.equal(toHex(sha512(text("abc"))).slice(0, 32), "ddaf35a193617abacc417349ae204131");
  });

  it("authenticate the parts as one message (RFC 2202 2, RFC 4231 4.3)", () => {
    const parts = [text("what do ya want "), text("for nothing?")];
    assert.equal(toHex(hmacMd5(text("Jefe"), ...parts)), "750c783e6ab0b503eaa86e310a5db738");
    assert.equal(
      toHex(hmacSha256(text("Jefe"), ...parts)),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });
});

describe("preauthUpdate", () => {
  // The NEGOTIATE request of Microsoft's example of SMB 3.1.1 pre-authentication integrity.
  const request = fromHex(`FE534D4240000100000000000000800000000000000000000100000000000000FFFE0000
    0000000000000000000000000000000000000000000000000000000024000500010000003F000000ECD86F326276024F
    9F7752B89BB33F3A70000000020000000202100200030203110300000100260000000000010020000100
    3E38B8B81A9AFB172278056F4898FD09A1B9976A49B2D771161FCD4D40DF7D7D00000200060000000000020002000100`);

  it("hashes the old value and the message", () => {
    const hash = preauthUpdate(initialPreauthHash(), [request]);
    assert.equal(
      toHex(hash),
      toHex(
        fromHex(`F035C2B2BAB116E0DCF6A74E26670604D1BF6DDA065913AF7C30E93C1F025AC3CE2DD44D4DE26524
          A785E5D8E06AF0BE1C74296FEF05B045C3793A12B32C49DF`),
      ),
    );
    assert.deepEqual(
      preauthUpdate(initialPreauthHash(), [request.subarray(0, 64), request.subarray(64)]),
      hash,
    );
  });
});

describe("randomBytes", () => {
  it("gives as many bytes as asked for, other ones each time, in memory of their own", () => {
    const [a, b] = [randomBytes(32), randomBytes(32)];
    assert.equal(a.length, 32);
    assert.equal(a.buffer.byteLength, 32);
    assert.notDeepEqual(a, b);
  });
});
