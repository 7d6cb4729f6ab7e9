import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createSealer } from "../../../src/core/crypto/sealing.ts";
import { ProtocolError } from "../../../src/core/errors.ts";
import { CipherId } from "../../../src/core/smb2/constants.ts";
import { fromHex, toHex } from "../../support/hex.ts";

const { AES_128_CCM, AES_128_GCM, AES_256_CCM, AES_256_GCM } = CipherId;
const CIPHERS = [AES_128_CCM, AES_128_GCM, AES_256_CCM, AES_256_GCM] as const;

function sequence(from: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => from + i);
}

const AAD = sequence(0x20, 32);
const PLAINTEXT = sequence(0, 100);

function sealerOf(cipher: CipherId) {
  const sealer = createSealer(cipher, sequence(0, cipher < AES_256_CCM ? 16 : 32));
  return { sealer, nonce: sequence(0xb0, sealer.nonceLength) };
}

describe("createSealer", () => {
  // Computed with another implementation.
  for (const [cipher, ciphertext, tag] of [
    [
      AES_128_CCM,
      `d76cab036937b6d842b346ed339aa6731019b29d07fb95b4846d8d2158f03a814cda0057a05bbc035845c238fb61
       48751258b26ae2cd683d0361ced591f9bf95b7ca994ac655f5acab7de94831274d30f95a2661de8c7079cb484905
       04313664d33f6623`,
      "2561a93623bc4cf0e599139ca7f6c185",
    ],
    [
      AES_256_CCM,
      `dec0a836950f1e329daf4990d1344ef78c84526ef9a1413beb8c37304f3fbe450c15b22f4d0007e15b66f6b3965f
       c4fe242cbd0a36a2358bf6e4485c9ef068264edf82335115b069805c0b24d55212329b7069b3afab08cf99d21009
       8ea5e7bfa7a000f0`,
      "12771454c8c5f250a9ee135ed49e0386",
    ],
    [
      AES_128_GCM,
      `5ec8b29ec3922d38b623510dd97711e9c9424564ddf701f1b9ef1da2a60e3cd8bbde6f088647a5c55a2784335cf9
       0feb2089d555fed336d88327dbfe264dda8f7d2d451599ecb5bb888ead901b2aa7a9fdde807f46138149afd60b4b
       954c02cab6b16174`,
      "18f35b5568b6c0427d842a9b6c995442",
    ],
    [
      AES_256_GCM,
      `995458a8e8c8bd584ff19da9c15086cd942d5bc1013b992246d798ea409fec09256a011947fb809f8d728a611094
       ac9a1d5c25f42f0e74c775b3560b38a61ec0f2a97cf74ef9209d5195e815d24bac7e16c19be1fc2d238aada222cb
       770451e003c11c38`,
      "a1d2c0b59854f9bf0438eb4d8dab0dec",
    ],
  ] as const) {
    it(`seals with cipher ${cipher}`, () => {
      const { sealer, nonce } = sealerOf(cipher);
      const sealed = sealer.seal(nonce, AAD, [PLAINTEXT]);
      assert.equal(toHex(Buffer.concat(sealed.parts)), toHex(fromHex(ciphertext)));
      assert.equal(toHex(sealed.tag), tag);
    });
  }

  for (const cipher of CIPHERS) {
    it(`opens what it sealed, however the message was cut (cipher ${cipher})`, () => {
      const { sealer, nonce } = sealerOf(cipher);
      const parts = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 5 });
      fc.assert(
        fc.property(parts, (messages) => {
          const { parts: sealed, tag } = sealer.seal(nonce, AAD, messages);
          const opened = sealer.open(nonce, AAD, tag, Buffer.concat(sealed));
          assert.equal(toHex(opened), toHex(Buffer.concat(messages)));
        }),
        { numRuns: 50 },
      );
    });

    it(`opens messages longer than a slice, of odd lengths (cipher ${cipher})`, () => {
      const { sealer, nonce } = sealerOf(cipher);
      const message = sequence(3, 100_003);
      const { parts, tag } = sealer.seal(nonce, AAD, [
        message.subarray(0, 77),
        message.subarray(77),
      ]);
      const opened = sealer.open(nonce, AAD, tag, Buffer.concat(parts));
      assert.equal(Buffer.compare(opened, message), 0);
    });

    it(`leaves the plaintext alone and gives memory of its own (cipher ${cipher})`, () => {
      const { sealer, nonce } = sealerOf(cipher);
      const parts = [PLAINTEXT.slice(0, 10), PLAINTEXT.slice(10)];
      const first = sealer.seal(nonce, AAD, parts);
      const before = toHex(Buffer.concat(first.parts));
      sealer.seal(nonce, AAD, [new Uint8Array(50), new Uint8Array(50)]);
      assert.equal(toHex(Buffer.concat(first.parts)), before);
      assert.equal(toHex(Buffer.concat(parts)), toHex(PLAINTEXT));
    });

    it(`refuses every change (cipher ${cipher})`, () => {
      const { sealer, nonce } = sealerOf(cipher);
      const { parts, tag } = sealer.seal(nonce, AAD, [PLAINTEXT]);
      const ciphertext = Buffer.concat(parts);
      const flip = (bytes: Uint8Array, at: number) =>
        bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
      const refused = (...[n, a, t, c]: [Uint8Array, Uint8Array, Uint8Array, Uint8Array]) =>
        // A copy: opening overwrites what it is given.
        assert.throws(() => sealer.open(n, a, t, Uint8Array.from(c)), ProtocolError);
      refused(flip(nonce, 0), AAD, tag, ciphertext);
      refused(nonce, flip(AAD, 5), tag, ciphertext);
      refused(nonce, AAD, flip(tag, 15), ciphertext);
      refused(nonce, AAD, tag, flip(ciphertext, 99));
      refused(nonce, AAD, tag, ciphertext.subarray(1));
      refused(nonce, AAD, tag.subarray(0, 12), ciphertext);
    });
  }
});

// "Encryption in SMB 3.0: a protocol perspective" and "SMB 3.1.1 encryption in Windows 10".
describe("Microsoft's encrypted messages", () => {
  for (const { name, cipher, key, message, plaintext } of [
    {
      name: "a 3.0 WRITE request, AES-128-CCM",
      cipher: AES_128_CCM,
      key: "261B72350558F2E9DCF613070383EDBF",
      message: `FD534D4281A286535415445DAE393921E44FA42E66E69A111892584FB5ED524A744DA3EE8700000000000100
        1100001400E4080025C8FEE16605A437832D1CD52DA9F4645333482A175FE5384563F45FCDAFAEF38BC62BA4D5C62897
        996625A44C29BE5658DE2E6117585779E7B59FFD971278D08580D7FA899E410E910EABF5AA1DB43050B33B4918263775
        9AC15D84BFCDF5B6B238993C0F4CF4D6012023F6C627297075D84B7803912D0A9639634453595EF3E33FFE4E7AC2AB`,
      plaintext: `FE534D4240000100000000000900400008000000000000000400000000000000FFFE0000010000001100
        001400E408000000000000000000000000000000000031007000170000000000000000000000150100003900000201
        0000003902000000000000000000007000000000000000536D623320656E6372797074696F6E2074657374696E67`,
    },
    {
      name: "a 3.0 WRITE response, AES-128-CCM",
      cipher: AES_128_CCM,
      key: "8FE2B57EC34D2DB5B1A9727F526BBDB5",
      message: `FD534D42A6015530A18F6D9AFFE22AFAE8E66484860000000000000011000014 00E4080050000000
        000001001100001400E40800DBF46435C5F14169293CE079E344479BF670227E49873F458672C3098DAC467DD5809F36
        9D674091665157871483E01F7BECD02064EAC3E235F913668BBC2F097980D4B378F1993EFF6E60D177309E5B`,
      plaintext: `FE534D4240000100000000000900210009000000000000000400000000000000FFFE0000010000001100
        001400E408000000000000000000000000000000000011000000170000000000000000000000`,
    },
    {
      name: "a 3.1.1 WRITE request, AES-128-GCM",
      cipher: AES_128_GCM,
      key: "A2F5E80E5D59103034F32E52F698E5EC",
      message: `FD534D42BD73D97D2BC9001BCAFAC0FDFF5FEEBCC7D6822D269CAF48904C664C0000000087000000
        0000010025000000001000006ECDD2A7AFC7B47763057A041B8FD4DAFFE990B70C9E09D36C084E02D14EF247F8BDE38A
        CF6256F8B1D3B56F77FBDEB312FEA5E92CBCC1ED8FB2EBBFAA75E49A4A394BB44576545567C24D4C014D47C9FBDFDAFD
        2C4F9B72F8D256452620A299F48E29E53D6B61D1C13A19E91AF013F00D17E3ABC2FC3D36C8C1B6B93973253852DBD442
        E46EE8`,
      plaintext: `FE534D4240000100000000000900010008000000000000000500000000000000FFFE000001000000
        2500000000100000000000000000000000000000000000003100700017000000000000000000000006000000
        04000000010000000400000000000000000000007000000000000000536D623320656E6372797074696F6E20
        74657374696E67`,
    },
    {
      name: "a 3.1.1 WRITE response, AES-128-GCM",
      cipher: AES_128_GCM,
      key: "748C50868C90F302962A5C35F5F9A8BF",
      message: `FD534D42ACBE1CB7ED343ADF1725EF144D90D4B0E06831DD2E8EB7B400000000 0000000050000000
        0000010025000000 0010000026BBBF949983A6C1C796559D0F2C510CB651D1F7B6AC8DED32A2A0B8
        F2D793A815C6F6B848D69767A215841A42D400AE6DDB5F0B44173A014973321FDD7950DA6179159B
        82E03C9E18A050FF0EA1C967`,
      plaintext: `FE534D4240000100000000000900010001000000000000000500000000000000FFFE000001000000
        25000000001000000000000000000000000000000000000011000000170000000000000000000000`,
    },
  ]) {
    it(`opens ${name}`, () => {
      const bytes = fromHex(message);
      const sealer = createSealer(cipher, fromHex(key));
      const nonce = bytes.subarray(20, 20 + sealer.nonceLength);
      const [aad, tag] = [bytes.subarray(20, 52), bytes.subarray(4, 20)];
      const opened = sealer.open(nonce, aad, tag, bytes.slice(52));
      assert.equal(toHex(opened), toHex(fromHex(plaintext)));
      const sealed = sealer.seal(nonce, aad, [opened]);
      assert.equal(toHex(Buffer.concat(sealed.parts)), toHex(bytes.subarray(52)));
      assert.equal(toHex(sealed.tag), toHex(tag));
    });
  }
});
