import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deriveKey } from "../../../src/core/crypto/kdf.ts";
import { fromHex, toHex } from "../../support/hex.ts";

function label(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, "latin1");
}

// The keys that Microsoft published for its own clients ("SMB 2 and SMB 3 security in Windows 10:
// the anatomy of signing and cryptographic keys" and "Encryption in SMB 3.0: a protocol perspective").
describe("deriveKey", () => {
  const smb30 = fromHex("7cd451825d0450d235424e44ba6e78cc");
  for (const [name, context, key] of [
    ["SMB2AESCMAC", "SmbSign", "0b7e9c5cac36c0f6ea9ab275298cedce"],
    ["SMB2AESCCM", "ServerIn ", "fad27796665b313ebb578f388632b4f7"],
    ["SMB2AESCCM", "ServerOut", "b0f0427f7ceb416d1d9dcc0cd4f99447"],
    ["SMB2APP", "SmbRpc", "bb23a4575aa26c721af525af15a87b4f"],
  ] as const) {
    it(`derives SMB 3.0's key of ${name}, ${context}`, () => {
      assert.equal(toHex(deriveKey(smb30, label(name), label(context), 128)), key);
    });
  }

  const smb311 = fromHex("270e1ba896585eeb7af3472d3b4c75a7");
  const hash = fromHex(`0DD13628CC3ED218EF9DF9772D436D0887AB9814BFAE63A80AA845F36909DB79
    28622DDDAD522D9751640A459762C5A9D6BB084CBB3CE6BDADEF5D5BCE3C6C01`);
  for (const [name, key] of [
    ["SMBSigningKey", "73fe7a9a77bef0bde49c650d8ccb5f76"],
    ["SMBC2SCipherKey", "629bcbc54422a0f572b97f45989b6073"],
    ["SMBS2CCipherKey", "e2af0dcefac68da71a0dfbd0d1350d74"],
    ["SMBAppKey", "6d7ad7954e9ec61e907b4d473dc178ff"],
  ] as const) {
    it(`derives SMB 3.1.1's key of ${name}`, () => {
      assert.equal(toHex(deriveKey(smb311, label(name), hash, 128)), key);
    });
  }

  it("derives 256 bits for the AES-256 ciphers", () => {
    // Computed with another implementation: the length is part of what is hashed.
    assert.equal(
      toHex(deriveKey(smb311, label("SMBC2SCipherKey"), hash, 256)),
      "049c27fd8a340262e32c643dea2ba507af7a4c085fd2505aeffcbdeae6d6d8ab",
    );
  });
});
