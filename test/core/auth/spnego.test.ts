import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { AuthenticationError } from "../../../src/core/auth/authentication-error.ts";
import type { AuthMechanism } from "../../../src/core/auth/mechanism.ts";
import { createNtlmMechanism, NTLMSSP_OID } from "../../../src/core/auth/ntlmssp/mechanism.ts";
import { SpnegoExchange } from "../../../src/core/auth/spnego.ts";
import {
  decodeNegTokenInit,
  decodeNegTokenResp,
  encodeMechTypes,
  encodeNegTokenInit,
  encodeNegTokenResp,
  NegState,
} from "../../../src/core/auth/spnego-tokens.ts";
import { ProtocolError, SmbError, WireFormatError } from "../../../src/core/errors.ts";
import { FakeNtlmServer } from "../../support/fake-ntlm-server.ts";
import { fromHex, toHex } from "../../support/hex.ts";

const KERBEROS_OID = "1.2.840.113554.1.2.2";
const NEGOEX_OID = "1.3.6.1.4.1.311.2.2.30";

// Windows to Windows, from Microsoft's example of SMB 3.1.1.
const WINDOWS_INIT = fromHex(`604806062B0601050502A03E303CA00E300C060A2B06010401823702020AA22A04284E
  544C4D5353500001000000978208E200000000000000000000000000000000060380250000000F`);
const WINDOWS_HINTS =
  fromHex(`6082013C06062B0601050502A08201303082012CA01A3018060A2B0601040182370202
  1E060A2B06010401823702020AA282010C048201084E45474F45585453010000000000000060000000700000007E7CC0FD
  06D6362D02DDE1CF343BFE29172BA8482F8B7BE4DBA9F69A8DEBBA8336E453F3EE58983492F66354ED01A5BE0000000000
  00000060000000010000000000000000000000 5C33530DEAF90D4DB2EC4AE3786EC3084E45474F4558545303000000010000
  0040000000980000007E7CC0FD06D6362D02DDE1CF343BFE295C33530DEAF90D4DB2EC4AE3786EC3084000000058000000
  3056A05430523027802530233121301F06035504031318546F6B656E205369676E696E67205075626C6963204B65793027
  802530233121301F06035504031318546F6B656E205369676E696E67205075626C6963204B6579`);
const WINDOWS_CHALLENGE =
  fromHex(`A181B03081ADA0030A0101A10C060A2B06010401823702020AA281970481944E54
  4C4D53535000020000000C000C003800000015828AE20D1D8BA31179D008000000000000000050005000440000000A0092
  270000000F53005500540033003100310002000C0053005500540033003100310001000C00530055005400330031003100
  04000C0053005500540033003100310003000C0053005500540033003100310007000800A1A1F5ADCBAED00100000000`);
const WINDOWS_COMPLETE = fromHex("A11B3019A0030A0100A3120410010000003B453CDC3524164200000000");
// As Samba lists its mechanisms: NTLMSSP and the hint that is to be ignored.
const SAMBA_HINTS =
  fromHex(`604806062B0601050502A03E303CA00E300C060A2B06010401823702020AA32A3028A0261B24
  6E6F745F646566696E65645F696E5F5246433431373840706C656173655F69676E6F7265`);

interface Script {
  readonly oid?: string;
  readonly replies?: readonly (Uint8Array | undefined)[];
  /** The step after which the mechanism is complete. */
  readonly completeAfter?: number;
  readonly hasIntegrity?: boolean;
}

/** A mechanism that says what it is told to; its MIC is the reversed message. */
class ScriptedMechanism implements AuthMechanism {
  readonly losses = [];
  readonly name = "scripted";
  readonly oid: string;
  readonly received: (string | undefined)[] = [];
  readonly sessionKey = new Uint8Array(16).fill(1);
  readonly hasIntegrity: boolean;
  isWiped = false;
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
    this.oid = script.oid ?? NTLMSSP_OID;
    this.hasIntegrity = script.hasIntegrity ?? true;
  }

  get isComplete(): boolean {
    return this.received.length >= (this.#script.completeAfter ?? 2);
  }

  async step(challenge: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    this.received.push(challenge === undefined ? undefined : toHex(challenge));
    const replies = this.#script.replies ?? [fromHex("01"), fromHex("03")];
    return replies[this.received.length - 1];
  }

  sign(bytes: Uint8Array): Uint8Array {
    return bytes.slice().reverse();
  }

  verify(bytes: Uint8Array, mic: Uint8Array): boolean {
    return toHex(this.sign(bytes)) === toHex(mic);
  }

  wipe(): void {
    this.isWiped = true;
  }
}

function micOver(...oids: string[]): Uint8Array {
  return encodeMechTypes(oids).reverse();
}

const CHALLENGE = encodeNegTokenResp({
  negState: NegState.ACCEPT_INCOMPLETE,
  supportedMech: NTLMSSP_OID,
  responseToken: fromHex("02"),
});

describe("SPNEGO tokens", () => {
  it("are those of Windows", () => {
    const init = decodeNegTokenInit(WINDOWS_INIT);
    assert.deepEqual(init.mechTypes, [NTLMSSP_OID]);
    assert.equal(toHex(encodeNegTokenInit(init)), toHex(WINDOWS_INIT));
    const challenge = decodeNegTokenResp(WINDOWS_CHALLENGE);
    assert.equal(challenge.negState, NegState.ACCEPT_INCOMPLETE);
    assert.equal(challenge.supportedMech, NTLMSSP_OID);
    assert.equal(toHex(encodeNegTokenResp(challenge)), toHex(WINDOWS_CHALLENGE));
    const complete = decodeNegTokenResp(WINDOWS_COMPLETE);
    assert.equal(complete.negState, NegState.ACCEPT_COMPLETED);
    assert.equal(toHex(encodeNegTokenResp(complete)), toHex(WINDOWS_COMPLETE));
  });

  it("list the mechanisms of servers, with hints or with NegoEx", () => {
    assert.deepEqual(decodeNegTokenInit(WINDOWS_HINTS).mechTypes, [NEGOEX_OID, NTLMSSP_OID]);
    assert.deepEqual(decodeNegTokenInit(SAMBA_HINTS).mechTypes, [NTLMSSP_OID]);
  });

  for (const [name, bytes, decode] of [
    ["NegTokenInit", WINDOWS_INIT, decodeNegTokenInit],
    ["NegTokenInit2", WINDOWS_HINTS, decodeNegTokenInit],
    ["NegTokenInit2 with hints", SAMBA_HINTS, decodeNegTokenInit],
    ["NegTokenResp", WINDOWS_CHALLENGE, decodeNegTokenResp],
    ["the last NegTokenResp", WINDOWS_COMPLETE, decodeNegTokenResp],
  ] as const) {
    it(`refuse every truncation of ${name}`, () => {
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => decode(bytes.subarray(0, length)), WireFormatError, `${length} bytes`);
      }
    });

    it(`meet any damage to ${name} with nothing but a WireFormatError`, () => {
      const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 6 });
      fc.assert(
        fc.property(damage, (changes) => {
          const damaged = bytes.slice();
          for (const [at, value] of changes) damaged[at] = value;
          try {
            decode(damaged);
          } catch (error) {
            assert.ok(error instanceof WireFormatError, String(error));
          }
        }),
        { numRuns: 500 },
      );
    });
  }

  it("refuse a negState that is not defined", () => {
    assert.throws(() => decodeNegTokenResp(fromHex("a1073005a0030a0104")), WireFormatError);
    assert.throws(() => decodeNegTokenResp(fromHex("a1083006a0040a020001")), WireFormatError);
  });
});

describe("SpnegoExchange", () => {
  it("agrees with an NTLM server, MICs both ways", async () => {
    const exchange = new SpnegoExchange([
      createNtlmMechanism({ username: "alice", domain: "LAB", password: "secret" }),
    ]);
    const server = new FakeNtlmServer({ timestamp: 133_000_000_000_000_000n });
    const init = decodeNegTokenInit(await exchange.first(SAMBA_HINTS));
    assert.deepEqual(init.mechTypes, [NTLMSSP_OID]);
    const responseToken = server.challenge(init.mechToken ?? new Uint8Array(0));
    const answer = await exchange.next(
      encodeNegTokenResp({ negState: 1, supportedMech: NTLMSSP_OID, responseToken }),
    );
    const reply = decodeNegTokenResp(answer ?? new Uint8Array(0));
    const verdict = server.authenticate(reply.responseToken ?? new Uint8Array(0));
    assert.equal(verdict.isAccepted, true);
    const list = encodeMechTypes([NTLMSSP_OID]);
    assert.equal(verdict.security.verify(list, reply.mechListMic ?? new Uint8Array(0)), true);
    const mechListMic = verdict.security.sign(list);
    await exchange.finish(encodeNegTokenResp({ negState: 0, mechListMic }));
    assert.equal(toHex(exchange.sessionKey), toHex(verdict.sessionKey));
  });

  it("sends the state and the MIC with the last token, as Windows does", async () => {
    const exchange = new SpnegoExchange([new ScriptedMechanism({})]);
    await exchange.first();
    assert.deepEqual(decodeNegTokenResp((await exchange.next(CHALLENGE)) ?? new Uint8Array(0)), {
      negState: NegState.ACCEPT_INCOMPLETE,
      responseToken: fromHex("03"),
      mechListMic: micOver(NTLMSSP_OID),
    });
  });

  it("takes an end without a MIC, or without any token, where none is required", async () => {
    for (const last of [undefined, new Uint8Array(0), fromHex("a1073005a0030a0100")]) {
      const exchange = new SpnegoExchange([new ScriptedMechanism({})]);
      await exchange.first(SAMBA_HINTS);
      await exchange.next(CHALLENGE);
      await exchange.finish(last);
      assert.equal(exchange.sessionKey.length, 16);
    }
  });

  it("refuses a MIC that does not fit the list", async () => {
    const exchange = new SpnegoExchange([new ScriptedMechanism({})]);
    await exchange.first();
    await exchange.next(CHALLENGE);
    const last = { negState: NegState.ACCEPT_COMPLETED, mechListMic: micOver(KERBEROS_OID) };
    await assert.rejects(exchange.finish(encodeNegTokenResp(last)), AuthenticationError);
  });

  it("requires the MIC where the server asked for it", async () => {
    const exchange = new SpnegoExchange([new ScriptedMechanism({})]);
    await exchange.first();
    const asking = { negState: NegState.REQUEST_MIC, supportedMech: NTLMSSP_OID };
    await exchange.next(encodeNegTokenResp({ ...asking, responseToken: fromHex("02") }));
    await assert.rejects(exchange.finish(), AuthenticationError);
  });

  it("follows the server to another mechanism, and then requires the MIC", async () => {
    const kerberos = new ScriptedMechanism({ oid: KERBEROS_OID });
    const ntlm = new ScriptedMechanism({});
    const exchange = new SpnegoExchange([kerberos, ntlm]);
    const init = decodeNegTokenInit(await exchange.first());
    assert.deepEqual(init.mechTypes, [KERBEROS_OID, NTLMSSP_OID]);
    const choice = { negState: NegState.REQUEST_MIC, supportedMech: NTLMSSP_OID };
    const answer = await exchange.next(encodeNegTokenResp(choice));
    assert.equal(
      toHex(decodeNegTokenResp(answer ?? new Uint8Array(0)).responseToken ?? fromHex("")),
      "01",
    );
    assert.deepEqual(ntlm.received, [undefined]);
    await exchange.next(encodeNegTokenResp({ negState: 1, responseToken: fromHex("02") }));
    assert.equal(exchange.mechanism, ntlm);
    const mechListMic = micOver(KERBEROS_OID, NTLMSSP_OID);
    await exchange.finish(encodeNegTokenResp({ negState: 0, mechListMic }));
  });

  it("notices that the better mechanism was taken from the list on its way", async () => {
    const mechanisms = [new ScriptedMechanism({ oid: KERBEROS_OID }), new ScriptedMechanism({})];
    const exchange = new SpnegoExchange(mechanisms);
    await exchange.first();
    await exchange.next(encodeNegTokenResp({ negState: 3, supportedMech: NTLMSSP_OID }));
    await exchange.next(encodeNegTokenResp({ negState: 1, responseToken: fromHex("02") }));
    // The server saw NTLM alone.
    const last = encodeNegTokenResp({ negState: 0, mechListMic: micOver(NTLMSSP_OID) });
    await assert.rejects(exchange.finish(last), AuthenticationError);
    await assert.rejects(exchange.finish(), AuthenticationError);
  });

  it("offers only what the server lists, and says so where that is nothing", async () => {
    const both = [new ScriptedMechanism({ oid: KERBEROS_OID }), new ScriptedMechanism({})];
    const token = await new SpnegoExchange(both).first(WINDOWS_HINTS);
    assert.deepEqual(decodeNegTokenInit(token).mechTypes, [NTLMSSP_OID]);
    const kerberosOnly = encodeNegTokenInit({ mechTypes: [KERBEROS_OID] });
    await assert.rejects(
      new SpnegoExchange([new ScriptedMechanism({})]).first(kerberosOnly),
      (error) => error instanceof AuthenticationError && /Kerberos only/.test(error.message),
    );
  });

  it("refuses a mechanism that was not offered, a late change, and a rejection", async () => {
    const begin = async () => {
      const exchange = new SpnegoExchange([
        new ScriptedMechanism({ completeAfter: 9, replies: [] }),
        new ScriptedMechanism({ oid: KERBEROS_OID }),
      ]);
      await exchange.first();
      return exchange;
    };
    const foreign = encodeNegTokenResp({ negState: 1, supportedMech: NEGOEX_OID });
    await assert.rejects((await begin()).next(foreign), AuthenticationError);
    const late = await begin();
    await late.next(CHALLENGE);
    const change = encodeNegTokenResp({ negState: 1, supportedMech: KERBEROS_OID });
    await assert.rejects(late.next(change), AuthenticationError);
    const rejection = encodeNegTokenResp({ negState: NegState.REJECT });
    await assert.rejects((await begin()).next(rejection), AuthenticationError);
  });

  it("ignores the MIC of Windows 2000, which repeats the token", async () => {
    const exchange = new SpnegoExchange([new ScriptedMechanism({})]);
    await exchange.first();
    const repeated = { responseToken: fromHex("02"), mechListMic: fromHex("02") };
    assert.ok(
      (await exchange.next(encodeNegTokenResp({ negState: 1, ...repeated }))) !== undefined,
    );
  });

  it("sends and checks no MIC where there is no key", async () => {
    const exchange = new SpnegoExchange([new ScriptedMechanism({ hasIntegrity: false })]);
    await exchange.first();
    const answer = decodeNegTokenResp((await exchange.next(CHALLENGE)) ?? new Uint8Array(0));
    assert.equal(answer.mechListMic, undefined);
    await exchange.finish(encodeNegTokenResp({ negState: 0, mechListMic: fromHex("00") }));
  });

  it("gives the last token of the server to the mechanism (Kerberos)", async () => {
    const mechanism = new ScriptedMechanism({ replies: [fromHex("01")], completeAfter: 2 });
    const exchange = new SpnegoExchange([mechanism]);
    await exchange.first();
    await exchange.finish(
      encodeNegTokenResp({ negState: 0, supportedMech: NTLMSSP_OID, responseToken: fromHex("0a") }),
    );
    assert.deepEqual(mechanism.received, [undefined, "0a"]);
  });

  it("refuses a success before the mechanism is complete", async () => {
    const exchange = new SpnegoExchange([new ScriptedMechanism({})]);
    await exchange.first();
    await assert.rejects(exchange.finish(), AuthenticationError);
  });

  it("speaks NTLM without SPNEGO to servers that do", async () => {
    const ntlm = () =>
      createNtlmMechanism({ username: "alice", domain: "LAB", password: "secret" });
    const server = new FakeNtlmServer({ timestamp: 1n });
    const exchange = new SpnegoExchange([ntlm()]);
    const { mechToken } = decodeNegTokenInit(await exchange.first());
    const token = await exchange.next(server.challenge(mechToken ?? new Uint8Array(0)));
    assert.equal(server.authenticate(token ?? new Uint8Array(0)).isAccepted, true);
    await exchange.finish(new Uint8Array(0));
    const raw = await new SpnegoExchange([ntlm()]).first(fromHex("4e544c4d5353500001000000"));
    assert.equal(Buffer.from(raw.subarray(0, 7)).toString("latin1"), "NTLMSSP");
  });

  it("refuses to be used before its beginning, and wipes every mechanism", () => {
    const mechanisms = [new ScriptedMechanism({}), new ScriptedMechanism({ oid: KERBEROS_OID })];
    const exchange = new SpnegoExchange(mechanisms);
    assert.throws(() => exchange.sessionKey, ProtocolError);
    exchange.wipe();
    assert.ok(mechanisms.every(({ isWiped }) => isWiped));
  });

  it("meets arbitrary tokens with nothing but errors of ours", async () => {
    const tokens = fc.array(fc.tuple(fc.nat(WINDOWS_CHALLENGE.length - 1), fc.nat(255)), {
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(tokens, fc.boolean(), async (changes, isLast) => {
        const exchange = new SpnegoExchange([
          createNtlmMechanism({ username: "alice", domain: "LAB", password: "secret" }),
        ]);
        await exchange.first();
        const token = WINDOWS_CHALLENGE.slice();
        for (const [at, value] of changes) token[at] = value;
        const outcome: Promise<unknown> = isLast ? exchange.finish(token) : exchange.next(token);
        await outcome.catch((error: unknown) => {
          assert.ok(error instanceof SmbError, String(error));
        });
      }),
      { numRuns: 300 },
    );
  });
});
