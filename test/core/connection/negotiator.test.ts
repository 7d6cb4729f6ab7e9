import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SmbClient } from "../../../src/core/client.ts";
import { negotiateOffer } from "../../../src/core/connection/negotiator.ts";
import { DialError } from "../../../src/core/dial-error.ts";
import { ProtocolError } from "../../../src/core/errors.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import {
  CipherId,
  Command,
  CtlCode,
  Dialect,
  SigningAlgorithmId,
} from "../../../src/core/smb2/constants.ts";
import type { TransportFactory, TransportKind } from "../../../src/core/transport.ts";
import { type FakeReply, FakeServer } from "../../support/fake-server.ts";
import { connected } from "../../support/fake-session.ts";

describe("negotiation", () => {
  it("offers 3.1.1 and nothing older over QUIC", () => {
    const offer = (transportKind: TransportKind, limits = {}) =>
      negotiateOffer({ requireSigning: true, transportKind, ...limits }).dialects;
    assert.deepEqual(offer("quic"), [Dialect.SMB_3_1_1]);
    assert.deepEqual(offer("quic", { minDialect: Dialect.SMB_2_1 }), [Dialect.SMB_3_1_1]);
    assert.equal(offer("tcp").length, 5);
    assert.throws(() => offer("quic", { maxDialect: Dialect.SMB_3_0_2 }), /QUIC is SMB 3\.1\.1/);
  });

  it("never dials QUIC where 3.1.1 is not allowed", async () => {
    const quic: TransportFactory = {
      ...{ kind: "quic", defaultPort: 443, unavailable: () => undefined },
      dial: () => assert.fail("dialled"),
    };
    const limited = { maxDialect: Dialect.SMB_3_0_2, transports: [quic] };
    const dialling = connected({}, { ...limited, order: [{ kind: "quic" }] });
    await assert.rejects(dialling, (error) => {
      assert.ok(error instanceof DialError);
      assert.equal(error.attempts[0]?.outcome, "unsuitable");
      assert.match(error.attempts[0]?.reason ?? "", /QUIC is SMB 3\.1\.1/);
      return true;
    });
  });

  it("refuses a dialect that was not offered", async () => {
    await assert.rejects(
      connected({ dialect: Dialect.SMB_2_1 }, { minDialect: Dialect.SMB_3_0 }),
      /not offered/,
    );
  });

  it("refuses 3.1.1 without preauthentication integrity", async () => {
    await assert.rejects(connected({ negotiateContexts: [] }), /preauthentication/);
  });

  it("refuses a cipher that was not offered", async () => {
    const negotiateContexts = [
      { kind: "preauth-integrity", hashAlgorithms: [1], salt: new Uint8Array(32) },
      { kind: "encryption", ciphers: [9] },
    ] as const;
    await assert.rejects(connected({ negotiateContexts }), /cipher 9/);
  });

  it("says that a server without a cipher cannot encrypt", async () => {
    await assert.rejects(connected({}, { protection: "encrypt" }), /cipher/);
  });

  it("finds a downgrade from 3.x by VALIDATE_NEGOTIATE_INFO", async () => {
    const server = new FakeServer({ dialect: Dialect.SMB_3_0 });
    const guid = server.serverGuid;
    const answer = (securityMode: number): Uint8Array => {
      const bytes = new Uint8Array(24);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, 4, true);
      bytes.set(guid, 4);
      view.setUint16(20, securityMode, true);
      view.setUint16(22, Dialect.SMB_3_0, true);
      return bytes;
    };
    for (const [securityMode, isFine] of [
      [1, true],
      [3, false],
    ] as const) {
      const fresh = new FakeServer({ dialect: Dialect.SMB_3_0 });
      fresh.on(Command.IOCTL, ({ body, reply }) => {
        const { ctlCode, fileId } = body as { ctlCode: number; fileId: Uint8Array };
        reply({
          body: { ctlCode, fileId, input: new Uint8Array(0), output: answer(securityMode) },
        });
      });
      const smb = await SmbClient.connect(
        { host: "server" },
        {
          transports: [fresh.factory()],
          order: [{ kind: "memory" }],
          credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
        },
      );
      if (isFine) await smb.connectTree("share");
      else await assert.rejects(smb.connectTree("share"), /downgrade/);
    }
  });

  for (const name of [
    "NOT_IMPLEMENTED",
    "NOT_SUPPORTED",
    "INVALID_DEVICE_REQUEST",
    "FS_DRIVER_REQUIRED",
    "FILE_CLOSED",
  ] as const) {
    it(`takes a signed ${name} for a server that does not know the question`, async () => {
      const prepare = answering({ status: NtStatus[name] });
      const { client } = await connected({ dialect: Dialect.SMB_3_0_2, prepare });
      assert.equal(client.session.hasValidatedNegotiate, true);
    });
  }

  const wrongAnswers: readonly (readonly [string, FakeReply])[] = [
    ["a refusal", { status: NtStatus.ACCESS_DENIED }],
    ["too few bytes", { body: ioctlBody(new Uint8Array(3)) }],
    ["nothing at all", { body: ioctlBody(new Uint8Array(0)) }],
    ["zeros", { body: ioctlBody(new Uint8Array(24)) }],
    ["an answer that is not signed", { status: NtStatus.NOT_SUPPORTED, unsigned: true }],
  ];
  for (const [what, reply] of wrongAnswers) {
    it(`says what helps where an old server gives ${what}`, async () => {
      const options = { dialect: Dialect.SMB_3_0_2, prepare: answering(reply) };
      await assert.rejects(connected(options), (error: unknown) => {
        assert.ok(error instanceof ProtocolError, String(error));
        assert.match(error.message, /does not confirm what was negotiated.*-m SMB2_10/);
        return true;
      });
      // And it does help: without 3.x there is nothing to confirm.
      const old = { dialect: Dialect.SMB_2_1, prepare: answering(reply) };
      await connected(old, { maxDialect: Dialect.SMB_2_1 });
    });
  }

  it("lists the contexts in the order of their types, and ends with the last one", async () => {
    const signings = [SigningAlgorithmId.AES_GMAC, SigningAlgorithmId.AES_CMAC];
    // Of any length: what a padding would hide must show.
    for (const signingAlgorithms of [signings.slice(0, 1), signings]) {
      const { server } = await connected({ cipher: CipherId.AES_128_GCM }, { signingAlgorithms });
      const [request] = server.requestsOf(Command.NEGOTIATE);
      const message = request?.message ?? new Uint8Array(0);
      const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
      const types: number[] = [];
      let end = view.getUint32(64 + 28, true);
      for (let left = view.getUint16(64 + 32, true); left > 0; left -= 1) {
        const at = (end + 7) & ~7;
        types.push(view.getUint16(at, true));
        end = at + 8 + view.getUint16(at + 2, true);
      }
      assert.deepEqual(types, [1, 2, 5, 8]);
      assert.equal(end, message.length);
    }
  });
});

function ioctlBody(output: Uint8Array) {
  const fileId = new Uint8Array(16).fill(0xff);
  return { ctlCode: CtlCode.VALIDATE_NEGOTIATE_INFO, fileId, input: new Uint8Array(0), output };
}

/** Makes a server answer every IOCTL so. */
function answering(reply: FakeReply): (server: FakeServer) => void {
  return (server) => server.on(Command.IOCTL, (request) => request.reply(reply));
}
