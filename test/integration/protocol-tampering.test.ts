import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  AuthenticationError,
  type ClientOptions,
  Dialect,
  dialectName,
  NtStatus,
  ProtocolError,
  SmbError,
} from "../../src/core/index.ts";
import { Command, HeaderFlags, SessionFlags } from "../../src/core/smb2/constants.ts";
import { Mutator } from "../fuzz/mutator.ts";
import { HostileRelay, type Meddle } from "../support/hostile-relay.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { connectTo, download, noise } from "./protocol-exercise.ts";

/** Where fields lie in a NEGOTIATE request ([MS-SMB2] 2.2.3), from the header on. */
const REQUEST = { securityMode: 68, capabilities: 72, clientGuid: 76, dialects: 100 } as const;
/** And in the response ([MS-SMB2] 2.2.4). */
const RESPONSE = { securityMode: 66, dialect: 68, serverGuid: 72, capabilities: 88 };
/** [MS-SMB2] 2.2.6: SessionFlags of a SESSION_SETUP response. */
const SESSION_FLAGS = 66;
const DATA_SIZE = 100_000;

function commandOf(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset).getUint16(12, true);
}

/** Changes the `n`th message of a connection. */
function nth(n: number, change: (view: DataView, message: Uint8Array) => void): Meddle {
  return (message, index) => {
    if (index === n) change(new DataView(message.buffer, message.byteOffset), message);
    return message;
  };
}

function flip(offset: number, bit = 0): (view: DataView) => void {
  return (view) => view.setUint8(offset, view.getUint8(offset) ^ (1 << bit));
}

describe("somebody on the path to a real server", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  before(async () => {
    samba = await startSamba();
    writeFileSync(join(samba.sharePath("share"), "data.bin"), noise(DATA_SIZE));
  });
  after(() => samba.stop());

  /** Everything that a person would do, through the relay. */
  async function visit(
    meddle: { readonly request?: Meddle; readonly reply?: Meddle },
    options: Partial<ClientOptions> = {},
  ): Promise<Uint8Array> {
    const { host, port } = samba;
    await using relay = await HostileRelay.start({ host, port, ...meddle });
    await using client = await connectTo(samba, {
      order: [{ kind: "tcp", port: relay.port }],
      timeoutMs: 10_000,
      ...options,
    });
    return await download(await client.connectTree("share"), "data.bin");
  }

  async function isCaught(
    meddle: { readonly request?: Meddle; readonly reply?: Meddle },
    options: Partial<ClientOptions> = {},
    words?: RegExp,
  ): Promise<void> {
    await assert.rejects(visit(meddle, options), (error: unknown) => {
      assert.ok(error instanceof SmbError, String(error));
      if (words !== undefined) assert.match(error.message, words);
      return true;
    });
  }

  it("who changes nothing is not noticed", async () => {
    assert.deepEqual(Buffer.from(await visit({})), Buffer.from(noise(DATA_SIZE)));
  });

  it("cannot change a single bit of what sets up 3.1.1", async () => {
    const mutator = new Mutator(311);
    const undetected: string[] = [];
    for (let round = 0; round < 120; round += 1) {
      const isRequest = mutator.below(2) === 0;
      const n = mutator.below(3);
      let place = "";
      const meddle = nth(n, (_, message) => {
        const offset = mutator.below(message.length);
        const bit = mutator.below(8);
        place = `${isRequest ? "request" : "reply"} ${n}, byte ${offset}, bit ${bit}`;
        message[offset] = (message[offset] ?? 0) ^ (1 << bit);
      });
      // Some changes make the server wait for more: silence is an answer here.
      const outcome = await visit(isRequest ? { request: meddle } : { reply: meddle }, {
        timeoutMs: 500,
      }).catch((error: unknown) => error);
      if (!(outcome instanceof SmbError)) undetected.push(`${place}: ${String(outcome)}`);
    }
    assert.deepEqual(undetected, []);
  });

  const negotiations: readonly [string, { readonly request?: Meddle; readonly reply?: Meddle }][] =
    [
      ["signing no longer required", { request: nth(0, flip(REQUEST.securityMode, 1)) }],
      ["other capabilities of ours", { request: nth(0, flip(REQUEST.capabilities, 6)) }],
      ["another client", { request: nth(0, flip(REQUEST.clientGuid)) }],
      ["another security mode of the server", { reply: nth(0, flip(RESPONSE.securityMode, 1)) }],
      ["other capabilities of the server", { reply: nth(0, flip(RESPONSE.capabilities, 6)) }],
      ["another server", { reply: nth(0, flip(RESPONSE.serverGuid, 3)) }],
    ];
  for (const maxDialect of [Dialect.SMB_3_0, Dialect.SMB_3_0_2, Dialect.SMB_3_1_1]) {
    for (const [what, meddle] of negotiations) {
      it(`cannot pretend ${what} with ${dialectName(maxDialect)}`, () =>
        isCaught(meddle, { maxDialect }));
      it(`nor where nothing is signed but that, with ${dialectName(maxDialect)}: ${what}`, () =>
        isCaught(meddle, { maxDialect, protection: "off" }));
    }
  }

  for (const [from, to] of [
    [Dialect.SMB_3_1_1, Dialect.SMB_3_0_2],
    [Dialect.SMB_3_1_1, Dialect.SMB_2_1],
    [Dialect.SMB_3_0_2, Dialect.SMB_2_0_2],
  ] as const) {
    it(`cannot talk us down from ${dialectName(from)} to ${dialectName(to)}`, async () => {
      const request = nth(0, (view) => {
        const count = view.getUint16(66, true);
        for (let index = 0; index < count; index += 1) {
          const at = REQUEST.dialects + 2 * index;
          if (view.getUint16(at, true) > to) view.setUint16(at, to, true);
        }
      });
      await isCaught({ request }, { maxDialect: from }, /confirm|downgrade/);
      await isCaught({ request }, { maxDialect: from, protection: "off" }, /confirm|downgrade/);
      const reply = nth(0, (view) => view.setUint16(RESPONSE.dialect, to, true));
      await isCaught({ reply }, { maxDialect: from });
    });
  }

  it("cannot take the ciphers away", () => {
    const request = nth(0, (view) => {
      let at = view.getUint32(92, true);
      for (let left = view.getUint16(96, true); left > 0; left -= 1) {
        if (view.getUint16(at, true) === 2) view.setUint16(at, 0x4321, true);
        at += (8 + view.getUint16(at + 2, true) + 7) & ~7;
      }
    });
    return isCaught({ request });
  });

  for (const maxDialect of Object.values(Dialect)) {
    if (maxDialect === Dialect.SMB_2_WILDCARD) continue;
    const name = dialectName(maxDialect);

    it(`cannot make a guest or nobody of us with ${name}`, async () => {
      for (const flag of [SessionFlags.IS_GUEST, SessionFlags.IS_NULL]) {
        const reply = nth(2, (view) => view.setUint16(SESSION_FLAGS, flag, true));
        await assert.rejects(visit({ reply }, { maxDialect }), AuthenticationError);
      }
    });

    it(`cannot change a file on its way with ${name}`, async () => {
      const reply: Meddle = (message) => {
        if (message.length > DATA_SIZE / 2) flip(message.length - 7)(new DataView(message.buffer));
        return message;
      };
      await assert.rejects(visit({ reply }, { maxDialect }), ProtocolError);
      if (maxDialect < Dialect.SMB_3_0) return;
      await assert.rejects(visit({ reply }, { maxDialect, protection: "encrypt" }), ProtocolError);
    });

    it(`cannot take back that a share exists with ${name}`, () =>
      assert.rejects(
        visit(
          {
            reply(message) {
              if (commandOf(message) === Command.TREE_CONNECT) {
                new DataView(message.buffer).setUint32(8, 0xc000_00cc, true);
              }
              return message;
            },
          },
          { maxDialect },
        ),
        ProtocolError,
      ));
  }

  it("cannot confirm the negotiation by a failure that need not be signed", () => {
    // What was said of the server's capabilities is changed, and the question about it answered so
    // as some servers do that do not know it, without a signature.
    const reply: Meddle = (message, index) => {
      const view = new DataView(message.buffer, message.byteOffset);
      if (index === 0) flip(RESPONSE.capabilities, 6)(view);
      if (commandOf(message) !== Command.IOCTL) return message;
      const refusal = new Uint8Array(64 + 9);
      refusal.set(message.subarray(0, 48));
      const header = new DataView(refusal.buffer);
      header.setUint32(8, NtStatus.FILE_CLOSED, true);
      header.setUint32(16, header.getUint32(16, true) & ~HeaderFlags.SIGNED, true);
      header.setUint16(64, 9, true);
      return refusal;
    };
    return isCaught({ reply }, { maxDialect: Dialect.SMB_3_0_2 }, /unsigned|confirm/);
  });

  it("cannot say of a share or a file what need not be signed, but by failing the request", async () => {
    for (const command of [Command.TREE_CONNECT, Command.CREATE, Command.READ]) {
      for (const status of [NtStatus.ACCESS_DENIED, NtStatus.END_OF_FILE, NtStatus.FILE_CLOSED]) {
        const reply: Meddle = (message) => {
          if (commandOf(message) !== command) return message;
          const view = new DataView(message.buffer, message.byteOffset);
          // Interim answers are never signed: made a failure, one fails its request.
          if (view.getUint32(8, true) !== NtStatus.PENDING) view.setUint32(8, status, true);
          return message;
        };
        await isCaught({ reply }, {}, /signature/);
      }
    }
  });

  it("cannot send an encrypted answer twice, nor one of before", async () => {
    let old: Uint8Array | undefined;
    const reply: Meddle = (message, index) => {
      // The answer to CREATE again, where that to READ, or a word about it, is expected.
      if (index === 4) old = message.slice();
      return index === 5 && old !== undefined ? old : message;
    };
    await assert.rejects(visit({ reply }, { protection: "encrypt" }), ProtocolError);
  });
});
