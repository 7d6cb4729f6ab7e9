import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { AuthenticationError } from "../../../../src/core/auth/authentication-error.ts";
import { AvId, encodeAvPairs } from "../../../../src/core/auth/ntlmssp/av-pairs.ts";
import {
  createNtlmMechanism,
  type NtlmOptions,
} from "../../../../src/core/auth/ntlmssp/mechanism.ts";
import {
  decodeAuthenticateMessage,
  NegotiateFlags,
} from "../../../../src/core/auth/ntlmssp/messages.ts";
import { ntHash } from "../../../../src/core/auth/ntlmssp/ntlmv2.ts";
import { SmbError, WireFormatError } from "../../../../src/core/errors.ts";
import { encodeUtf16 } from "../../../../src/core/wire/utf16.ts";
import { FakeNtlmServer, type FakeNtlmServerOptions } from "../../../support/fake-ntlm-server.ts";
import { toHex } from "../../../support/hex.ts";

const TIMESTAMP = 133_000_000_000_000_000n;
const ALICE: NtlmOptions = {
  username: "alice",
  domain: "LAB",
  password: "secret",
  workstation: "DESK",
  targetName: "cifs/server.lab",
};

async function logon(
  client: Partial<NtlmOptions> = {},
  server: FakeNtlmServerOptions = { timestamp: TIMESTAMP },
) {
  const mechanism = createNtlmMechanism({ ...ALICE, ...client });
  const fake = new FakeNtlmServer(server);
  const negotiate = await mechanism.step(undefined);
  assert.ok(negotiate !== undefined);
  assert.equal(mechanism.isComplete, false);
  const token = await mechanism.step(fake.challenge(negotiate));
  assert.ok(token !== undefined);
  assert.equal(mechanism.isComplete, true);
  return { mechanism, token, verdict: fake.authenticate(token) };
}

describe("createNtlmMechanism", () => {
  it("convinces a server, with MIC, target name and one session key", async () => {
    const { mechanism, verdict } = await logon();
    assert.equal(verdict.isAccepted, true);
    assert.equal(verdict.hasMic, true);
    assert.equal(verdict.isMicValid, true);
    assert.equal(verdict.targetName, "cifs/server.lab");
    assert.deepEqual(verdict.channelBindings, new Uint8Array(16));
    assert.deepEqual(verdict.lmResponse, new Uint8Array(24));
    assert.equal(toHex(mechanism.sessionKey), toHex(verdict.sessionKey));
    assert.equal(mechanism.serverTime, TIMESTAMP);
    const text = Buffer.from("list");
    assert.equal(verdict.security.verify(text, mechanism.sign(text)), true);
    assert.equal(mechanism.verify(text, verdict.security.sign(text)), true);
  });

  it("goes without a MIC, and with LMv2, where the server sends no timestamp", async () => {
    const { token, verdict } = await logon({ now: () => TIMESTAMP }, {});
    assert.equal(verdict.isAccepted, true);
    assert.equal(decodeAuthenticateMessage(token).mic, undefined);
    assert.notDeepEqual(verdict.lmResponse, new Uint8Array(24));
  });

  it("takes a hash instead of a password", async () => {
    const { password: _, ...options } = ALICE;
    const mechanism = createNtlmMechanism({ ...options, ntHash: ntHash("secret") });
    const fake = new FakeNtlmServer({ timestamp: TIMESTAMP });
    const negotiate = (await mechanism.step(undefined)) ?? new Uint8Array(0);
    const token = (await mechanism.step(fake.challenge(negotiate))) ?? new Uint8Array(0);
    assert.equal(fake.authenticate(token).isAccepted, true);
    assert.throws(
      () => createNtlmMechanism({ ...options, ntHash: new Uint8Array(15) }),
      AuthenticationError,
    );
  });

  it("sends channel bindings where there are some", async () => {
    const channelBindings = new Uint8Array(16).fill(9);
    const { verdict } = await logon({ channelBindings });
    assert.deepEqual(Uint8Array.from(verdict.channelBindings), channelBindings);
  });

  it("is refused with a wrong password or a wrong domain", async () => {
    assert.equal((await logon({ password: "Secret" })).verdict.isAccepted, false);
    assert.equal((await logon({}, { password: "other" })).verdict.isAccepted, false);
  });

  it("uses the base key where the server exchanges none", async () => {
    const { mechanism, token, verdict } = await logon(
      {},
      { timestamp: TIMESTAMP, without: NegotiateFlags.KEY_EXCH },
    );
    assert.equal(decodeAuthenticateMessage(token).encryptedSessionKey.length, 0);
    assert.equal(toHex(mechanism.sessionKey), toHex(verdict.sessionKey));
    assert.equal(verdict.isMicValid, true);
    const text = Buffer.from("list");
    assert.equal(verdict.security.verify(text, mechanism.sign(text)), true);
  });

  it("has nothing to sign with where the server refuses signing", async () => {
    const without = NegotiateFlags.SIGN | NegotiateFlags.KEY_EXCH;
    const { mechanism } = await logon({}, { timestamp: TIMESTAMP, without });
    assert.equal(mechanism.hasIntegrity, false);
    assert.throws(() => mechanism.sign(new Uint8Array(1)), AuthenticationError);
  });

  it("logs on anonymously by [MS-NLMP] 3.2.5.1.2", async () => {
    const { mechanism, token, verdict } = await logon({ username: "", password: "" });
    const message = decodeAuthenticateMessage(token);
    assert.equal(verdict.isAnonymous, true);
    assert.equal(verdict.isAccepted, true);
    assert.deepEqual(Uint8Array.from(message.lmResponse), new Uint8Array(1));
    assert.equal(message.ntResponse.length, 0);
    assert.deepEqual([message.user, message.domain], ["", ""]);
    assert.deepEqual(mechanism.sessionKey, new Uint8Array(16));
    assert.equal(mechanism.hasIntegrity, false);
  });

  for (const [what, without] of [
    ["Unicode names", NegotiateFlags.UNICODE],
    ["extended session security", NegotiateFlags.EXTENDED_SESSIONSECURITY],
  ] as const) {
    it(`refuses a server without ${what}`, async () => {
      await assert.rejects(logon({}, { timestamp: TIMESTAMP, without }), (error) => {
        assert.ok(error instanceof AuthenticationError);
        assert.match(error.message, new RegExp(what));
        return true;
      });
    });
  }

  const { KEY_128, TARGET_INFO } = NegotiateFlags;
  const endless = encodeAvPairs([
    { id: AvId.NB_COMPUTER_NAME, value: encodeUtf16("BOX") },
  ]).subarray(0, -4);
  const small: readonly (readonly [string, FakeNtlmServerOptions, readonly RegExp[]])[] = [
    ["no target information", { without: TARGET_INFO }, [/no target information/]],
    ["an empty one", { targetInfo: new Uint8Array(0) }, [/no target information/]],
    ["one that is not ended", { targetInfo: endless }, [/no time/]],
    ["no 128-bit keys", { timestamp: TIMESTAMP, without: KEY_128 }, [/40 bits/]],
    [
      "nothing of all that",
      { without: TARGET_INFO | KEY_128 },
      [/no target information/, /40 bits/],
    ],
  ];
  for (const [what, server, losses] of small) {
    it(`takes a small server with ${what}, and says what is lost`, async () => {
      const { mechanism, verdict } = await logon({ now: () => TIMESTAMP }, server);
      assert.equal(verdict.isAccepted, true);
      assert.equal(toHex(mechanism.sessionKey), toHex(verdict.sessionKey));
      const text = Buffer.from("list");
      assert.equal(verdict.security.verify(text, mechanism.sign(text)), true);
      assert.equal(mechanism.verify(text, verdict.security.sign(text)), true);
      assert.equal(mechanism.losses.length, losses.length, mechanism.losses.join("; "));
      for (const [index, words] of losses.entries())
        assert.match(mechanism.losses[index] ?? "", words);
    });
  }

  it("has nothing to say of a server that leaves nothing out", async () => {
    assert.deepEqual((await logon()).mechanism.losses, []);
  });

  for (const [name, build, caseTable] of [
    ["Samba", 0, "samba"],
    ["Windows", 20_348, "windows"],
  ] as const) {
    it(`folds the name as ${name} does, which its Version tells`, async () => {
      const server = { timestamp: TIMESTAMP, build, caseTable };
      const { verdict } = await logon({ username: "ștefan" }, server);
      assert.equal(verdict.isAccepted, true);
      const other = await logon({ username: "ștefan", usesOtherCaseTable: true }, server);
      assert.equal(other.verdict.isAccepted, false);
    });
  }

  it("asks for nothing that NTLMv1 or weak keys need", async () => {
    const negotiate = (await createNtlmMechanism(ALICE).step(undefined)) ?? new Uint8Array(0);
    const flags = new DataView(negotiate.buffer, negotiate.byteOffset).getUint32(12, true);
    const unwanted = { OEM: 0x2, LM_KEY: 0x80, SEAL: 0x20, KEY_56: 0x8000_0000 };
    for (const [name, flag] of Object.entries(unwanted)) assert.equal(flags & flag, 0, name);
  });

  it("is repeatable with an injected clock and generator", async () => {
    const options = { now: () => TIMESTAMP, random: (n: number) => new Uint8Array(n).fill(3) };
    const [a, b] = [await logon(options, {}), await logon(options, {})];
    assert.equal(toHex(a.token), toHex(b.token));
    assert.deepEqual(a.mechanism.sessionKey, new Uint8Array(16).fill(3));
  });

  it("forgets its secrets", async () => {
    const { mechanism } = await logon();
    const { sessionKey } = mechanism;
    mechanism.wipe();
    assert.deepEqual(sessionKey, new Uint8Array(16));
  });

  it("refuses messages out of order", async () => {
    const { mechanism } = await logon();
    assert.equal(await mechanism.step(new Uint8Array(0)), undefined);
    await assert.rejects(mechanism.step(Uint8Array.of(1)), SmbError);
    const fresh = createNtlmMechanism(ALICE);
    assert.throws(() => fresh.sessionKey, AuthenticationError);
    await fresh.step(undefined);
    await assert.rejects(fresh.step(undefined), SmbError);
  });

  it("meets any challenge with an answer, a WireFormatError or an AuthenticationError", async () => {
    const good = new FakeNtlmServer({ timestamp: TIMESTAMP }).challenge(
      (await createNtlmMechanism(ALICE).step(undefined)) ?? new Uint8Array(0),
    );
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(good.length), async (changes, length) => {
        const challenge = good.slice(0, length);
        for (const [at, value] of changes) if (at < length) challenge[at] = value;
        const mechanism = createNtlmMechanism(ALICE);
        await mechanism.step(undefined);
        await mechanism.step(challenge).catch((error: unknown) => {
          if (length === 0) return; // no challenge at all: a ProtocolError
          const isExpected =
            error instanceof WireFormatError || error instanceof AuthenticationError;
          assert.ok(isExpected, String(error));
          assert.doesNotMatch(String(error), /secret/);
        });
      }),
      { numRuns: 300 },
    );
  });
});
