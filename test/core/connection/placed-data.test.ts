import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { MessageSecurity } from "../../../src/core/connection/message-security.ts";
import { createSealer } from "../../../src/core/crypto/sealing.ts";
import { createSigner } from "../../../src/core/crypto/signing.ts";
import { CipherId, SigningAlgorithmId } from "../../../src/core/smb2/constants.ts";
import { RdmaTransformType } from "../../../src/core/smb2/rdma-transform.ts";
import { toHex } from "../../support/hex.ts";

const { ENCRYPTION, SIGNING } = RdmaTransformType;
const { HMAC_SHA256, AES_CMAC, AES_GMAC } = SigningAlgorithmId;
const { AES_128_CCM, AES_128_GCM, AES_256_CCM, AES_256_GCM } = CipherId;
const DATA = Uint8Array.from({ length: 1000 }, (_, index) => index);
const SHORT_KEY = DATA.subarray(0, 16);
const LONG_KEY = DATA.subarray(0, 32);

function security(signing: SigningAlgorithmId, cipher: CipherId): MessageSecurity {
  const isLong = cipher === AES_256_CCM || cipher === AES_256_GCM;
  const sealer = createSealer(cipher, isLong ? LONG_KEY : SHORT_KEY);
  return new MessageSecurity({
    sessionId: 1n,
    signer: createSigner(signing, SHORT_KEY),
    sealing: { outgoing: sealer, incoming: sealer },
    signingRequired: true,
    encryptionRequired: false,
  });
}

/**
 * The text ([MS-SMB2] 2.2.43.1) says only this: the signature is that of the data, made with the
 * algorithm that was negotiated for encrypting or signing, and no nonce comes twice in a session. Nothing
 * but the data is covered: there is no header to be authenticated with them, unlike 3.1.4.1 and 3.1.4.3.
 * ksmbd of Linux 7.3 encrypts so. The expected bytes are another implementation's.
 */
describe("data that go by RDMA", () => {
  for (const [name, signing, nonce, signature] of [
    ["HMAC-SHA256", HMAC_SHA256, "", "ffdb5842f3a2eee6e7cb52e4a410b97b"],
    ["AES-CMAC", AES_CMAC, "", "2fe449a3597123fe55545ae9b91bbaee"],
    // The nonce of a message never has that last bit (3.1.4.1).
    ["AES-GMAC", AES_GMAC, "000000000000000000000080", "c67b4ebbd8e8c1ee912795d550cbb6fa"],
  ] as const) {
    it(`are signed with ${name}, and stay as they are`, () => {
      const keys = security(signing, AES_128_GCM);
      const { parts, transform } = keys.protectData(DATA, SIGNING);
      assert.deepEqual(Buffer.concat(parts), Buffer.from(DATA));
      assert.equal(transform.type, SIGNING);
      assert.equal(toHex(transform.signature), signature);
      assert.equal(toHex(transform.nonce), nonce);
      assert.deepEqual(keys.openData(DATA.slice(), SIGNING, transform), DATA);
    });
  }

  for (const [name, cipher, nonceLength, tag, hash] of [
    [
      "128-CCM",
      AES_128_CCM,
      11,
      "b8e840a57b379388afc50dccede6b40a",
      "009420d04cb79df6b27664bd1b764d04",
    ],
    [
      "128-GCM",
      AES_128_GCM,
      12,
      "4d1dbb09a80c10bfdac4ddece45635f7",
      "c91f6e721fc89bf6bc9fe014566b48c7",
    ],
    [
      "256-CCM",
      AES_256_CCM,
      11,
      "9335cb1bdaced5b53da25cbeab843c3c",
      "8073125e9e444c67a2a727afa971f5ac",
    ],
    [
      "256-GCM",
      AES_256_GCM,
      12,
      "5036855fba957b72f60b3ce8b528d2bd",
      "7f893d70112dc4b7e0eb9b02d64d29b9",
    ],
  ] as const) {
    it(`are encrypted with AES-${name}, as many bytes as before`, () => {
      const keys = security(AES_CMAC, cipher);
      const { parts, transform } = keys.protectData(DATA, ENCRYPTION);
      const bytes = new Uint8Array(Buffer.concat(parts));
      assert.equal(bytes.length, DATA.length);
      assert.equal(createHash("sha256").update(bytes).digest("hex").slice(0, 32), hash);
      assert.equal(transform.type, ENCRYPTION);
      assert.equal(toHex(transform.signature), tag);
      assert.equal(toHex(transform.nonce), "00".repeat(nonceLength));
      assert.deepEqual(Buffer.from(keys.openData(bytes, ENCRYPTION, transform)), Buffer.from(DATA));
    });
  }

  it("never get a nonce twice, nor one that a message or another channel has", () => {
    const first = security(AES_GMAC, AES_128_GCM);
    const second = first.forChannel(createSigner(AES_GMAC, SHORT_KEY));
    const nonces = [first, second, first].flatMap((keys) => [
      toHex(keys.protectData(DATA, ENCRYPTION).transform.nonce),
      toHex(keys.protectData(DATA, SIGNING).transform.nonce),
      // The nonce of the transform header.
      toHex((keys.seal([DATA])[0] as Uint8Array).subarray(20, 32)),
    ]);
    assert.equal(new Set(nonces).size, nonces.length);
  });
});
