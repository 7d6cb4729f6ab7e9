import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  avFlags,
  avTimestamp,
  decodeAvPairs,
  encodeAvPairs,
} from "../../../../src/core/auth/ntlmssp/av-pairs.ts";
import {
  decodeAuthenticateMessage,
  decodeChallengeMessage,
  decodeNegotiateMessage,
  encodeAuthenticateMessage,
  encodeChallengeMessage,
  encodeNegotiateMessage,
  MIC_OFFSET,
} from "../../../../src/core/auth/ntlmssp/messages.ts";
import { hmacMd5 } from "../../../../src/core/crypto/digests.ts";
import { WireFormatError } from "../../../../src/core/errors.ts";
import { fromHex, toHex } from "../../../support/hex.ts";

// [MS-NLMP] 4.2.4.3
const CHALLENGE = fromHex(`4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef
  0000000000000000 2400240044000000 060070170000000f 530065007200760065007200
  02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000`);
const AUTHENTICATE = fromHex(`4e544c4d53535000 03000000 180018006c000000 5400540084000000
  0c000c0048000000 0800080054000000 100010005c000000 10001000d8000000 358288e2 0501280a0000000f
  44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200
  86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa
  68cd0ab851e51c96aabc927bebef6a1c01010000000000000000000000000000aaaaaaaaaaaaaaaa00000000
  02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000
  c5dad2544fc9799094ce1ce90bc9d03e`);

// SUT311\administrator, as Windows logged on in Microsoft's example of SMB 3.1.1.
const WINDOWS_NEGOTIATE = fromHex(`4E544C4D5353500001000000978208E2 00000000000000000000000000000000
  060380250000000F`);
const WINDOWS_CHALLENGE = fromHex(`4E544C4D53535000020000000C000C003800000015828AE20D1D8BA31179D008
  000000000000000050005000440000000A0092270000000F53005500540033003100310002000C005300550054003300
  3100310001000C0053005500540033003100310004000C0053005500540033003100310003000C005300550054003300
  3100310007000800A1A1F5ADCBAED00100000000`);
const WINDOWS_AUTHENTICATE = fromHex(`4E544C4D53535000030000001800180090000000EE00EE00A80000000C000C
  00580000001A001A0064000000120012007E000000100010009601000015 8288E2060380250000000FECAC77A5F385A8
  BF9C38C706EEEDDCD3530055005400330031003100610064006D0069006E006900730074007200610074006F00720044
  00520049005600450052003300310031000000000000000000000000000000000000000000000000 0063078EB639FE03
  E20A231C3AE3BF23080101000000000000A1A1F5ADCBAED001BC4AD05F223CC90F0000000002000C0053005500540033
  003100310001000C0053005500540033003100310004000C0053005500540033003100310003000C0053005500540033
  003100310007000800A1A1F5ADCBAED001060004000200000008003000300000000000000000000000003000 00B61FEF
  CAA857EA57BF1EDCEBF8974B8E0EBA5A6DFD9D07A31D11B548F8C9D0CC0A001000000000000000000000000000000000
  00090016 0063006900660073002F005300550054003300310031000000000000000000000000003B9BDFF38F5EE8F966
  3F11A0F4C03A78`);

const CODECS = [
  ["NEGOTIATE", WINDOWS_NEGOTIATE, decodeNegotiateMessage],
  ["CHALLENGE", CHALLENGE, decodeChallengeMessage],
  ["Windows' CHALLENGE", WINDOWS_CHALLENGE, decodeChallengeMessage],
  ["AUTHENTICATE", AUTHENTICATE, decodeAuthenticateMessage],
  ["Windows' AUTHENTICATE", WINDOWS_AUTHENTICATE, decodeAuthenticateMessage],
] as const;

describe("NTLM messages", () => {
  it("decode and encode the CHALLENGE of [MS-NLMP] 4.2.4.3", () => {
    const message = decodeChallengeMessage(CHALLENGE);
    assert.equal(message.flags, 0xe28a_8233);
    assert.equal(message.targetName, "Server");
    assert.equal(toHex(message.serverChallenge), "0123456789abcdef");
    assert.deepEqual(
      decodeAvPairs(message.targetInfo).map(({ id, value }) => [
        id,
        Buffer.from(value).toString("utf16le"),
      ]),
      [
        [2, "Domain"],
        [1, "Server"],
      ],
    );
    assert.equal(toHex(encodeChallengeMessage(message)), toHex(CHALLENGE));
  });

  it("decode and encode the AUTHENTICATE of [MS-NLMP] 4.2.4.3, which has no MIC", () => {
    const message = decodeAuthenticateMessage(AUTHENTICATE);
    assert.deepEqual(
      [message.user, message.domain, message.workstation],
      ["User", "Domain", "COMPUTER"],
    );
    assert.equal(message.mic, undefined);
    assert.equal(toHex(encodeAuthenticateMessage(message)), toHex(AUTHENTICATE));
  });

  it("decode and encode what Windows sent", () => {
    const negotiate = decodeNegotiateMessage(WINDOWS_NEGOTIATE);
    assert.equal(toHex(encodeNegotiateMessage(negotiate)), toHex(WINDOWS_NEGOTIATE));
    const challenge = decodeChallengeMessage(WINDOWS_CHALLENGE);
    assert.equal(toHex(encodeChallengeMessage(challenge)), toHex(WINDOWS_CHALLENGE));
    const authenticate = decodeAuthenticateMessage(WINDOWS_AUTHENTICATE);
    assert.deepEqual([authenticate.domain, authenticate.user], ["SUT311", "administrator"]);
    assert.equal(toHex(encodeAuthenticateMessage(authenticate)), toHex(WINDOWS_AUTHENTICATE));
  });

  it("carry the MIC where Windows computes it", () => {
    const key = fromHex("270e1ba896585eeb7af3472d3b4c75a7");
    const zeroed = WINDOWS_AUTHENTICATE.slice().fill(0, MIC_OFFSET, MIC_OFFSET + 16);
    const { mic, ntResponse } = decodeAuthenticateMessage(WINDOWS_AUTHENTICATE);
    assert.equal(
      toHex(hmacMd5(key, WINDOWS_NEGOTIATE, WINDOWS_CHALLENGE, zeroed)),
      toHex(mic ?? new Uint8Array(0)),
    );
    const pairs = decodeAvPairs(ntResponse.subarray(44));
    assert.equal(avFlags(pairs), 2);
    assert.equal(avTimestamp(pairs), 0x01d0_aecb_adf5_a1a1n);
  });

  it("decode a CHALLENGE that ends after its challenge, as old servers send it", () => {
    const old = fromHex("4e544c4d53535000 02000000 0000000000000000 01020000 0123456789abcdef");
    assert.equal(decodeChallengeMessage(old).targetInfo.length, 0);
  });

  it("decode a CHALLENGE whose target information is empty and whose Version is left out", () => {
    const small = fromHex(
      "4e544c4d53535000 02000000 0000000030000000 01028a02 0123456789abcdef 0000000000000000 0000000030000000",
    );
    const { targetInfo, version } = decodeChallengeMessage(small);
    assert.deepEqual([targetInfo.length, version], [0, new Uint8Array(8)]);
  });

  for (const [name, bytes, decode] of CODECS) {
    it(`refuse every truncation of ${name}`, () => {
      for (let length = 0; length < bytes.length; length++) {
        // The flags of a NEGOTIATE say whether a version follows: nothing of it is optional here.
        assert.throws(() => decode(bytes.subarray(0, length)), WireFormatError, `${length} bytes`);
      }
    });

    it(`meet any damage to ${name} with nothing but a WireFormatError`, () => {
      const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 6 });
      fc.assert(
        fc.property(damage, (changes) => {
          const damaged = bytes.slice();
          for (const [at, value] of changes) damaged[at] = value;
          onlyWireFormatError(() => decode(damaged));
        }),
        { numRuns: 300 },
      );
    });
  }

  it("refuse names that no field can hold", () => {
    const message = decodeAuthenticateMessage(AUTHENTICATE);
    assert.throws(
      () => encodeAuthenticateMessage({ ...message, user: "x".repeat(40_000) }),
      RangeError,
    );
  });
});

describe("AV pairs", () => {
  const pairs = fc.array(
    fc.record({ id: fc.integer({ min: 1, max: 0xffff }), value: fc.uint8Array({ maxLength: 40 }) }),
    { maxLength: 8 },
  );

  it("come back as they were, and where they are cut inside a pair they are refused", () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const bytes = encodeAvPairs(list);
        assert.equal(toHex(encodeAvPairs(decodeAvPairs(bytes))), toHex(bytes));
        assert.deepEqual(
          decodeAvPairs(bytes).map(({ id }) => id),
          list.map(({ id }) => id),
        );
        // Between two pairs it is a list that is not ended, as small servers send it.
        const ends = list.map((_, index) => encodeAvPairs(list.slice(0, index + 1)).length - 4);
        for (let length = 0; length < bytes.length; length++) {
          const cut = bytes.subarray(0, length);
          const whole = [0, ...ends].indexOf(length);
          if (whole >= 0) assert.equal(decodeAvPairs(cut).length, whole);
          else assert.throws(() => decodeAvPairs(cut), WireFormatError);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("refuse a timestamp or flags of a wrong size", () => {
    assert.throws(() => avTimestamp([{ id: 7, value: new Uint8Array(4) }]), WireFormatError);
    assert.throws(() => avFlags([{ id: 6, value: new Uint8Array(8) }]), WireFormatError);
  });

  it("meet arbitrary bytes with nothing but a WireFormatError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        onlyWireFormatError(() => decodeAvPairs(bytes));
      }),
      { numRuns: 500 },
    );
  });
});

function onlyWireFormatError(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof WireFormatError, String(error));
  }
}
