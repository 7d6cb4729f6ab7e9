import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SmbClient } from "../../../src/core/client.ts";
import { negotiateOffer } from "../../../src/core/connection/negotiator.ts";
import { DialError } from "../../../src/core/dial-error.ts";
import { Command, Dialect } from "../../../src/core/smb2/constants.ts";
import type { TransportFactory, TransportKind } from "../../../src/core/transport.ts";
import { FakeServer } from "../../support/fake-server.ts";
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
});
