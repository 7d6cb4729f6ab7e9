import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dialectName } from "../../../src/core/connection/negotiated-parameters.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { CipherId, Command, Dialect } from "../../../src/core/smb2/constants.ts";
import { connected, openFile } from "../../support/fake-session.ts";

const DIALECTS = [
  Dialect.SMB_2_0_2,
  Dialect.SMB_2_1,
  Dialect.SMB_3_0,
  Dialect.SMB_3_0_2,
  Dialect.SMB_3_1_1,
] as const;
const READ = { body: { data: new Uint8Array(4), dataRemaining: 0, flags: 0 } };

describe("a server that names the session only in its last answer", () => {
  for (const dialect of DIALECTS) {
    it(`is logged on to with ${dialectName(dialect)}, signed`, async () => {
      const { server, client, file } = await openFile({ dialect, firstSessionId: 0n });
      server.on(Command.READ, ({ reply }) => reply(READ));
      assert.equal(await file.read(new Uint8Array(4), 0), 4);
      assert.equal(client.session.isSigned, true);
      const named = server.requests.map(({ header }) => header.sessionId);
      const real = client.session.sessionId;
      assert.notEqual(real, 0n);
      assert.deepEqual(named.slice(0, 4), [0n, 0n, 0n, real]);
    });
  }

  it("is logged on to encrypted", async () => {
    const cipher = CipherId.AES_128_GCM;
    const options = { firstSessionId: 0n, cipher };
    const { client } = await openFile(options, { protection: "encrypt" });
    assert.equal(client.session.isEncrypted, true);
  });

  it("must not change it once it has named one", async () => {
    await assert.rejects(connected({ firstSessionId: 5n }), /changed the SessionId/);
  });
});

describe("SessionId 0 in the answer to LOGOFF", () => {
  for (const protection of ["off", "sign", "encrypt"] as const) {
    it(`is accepted where messages are protected with "${protection}"`, async () => {
      const { server, client } = await connected({ cipher: CipherId.AES_128_GCM }, { protection });
      server.on(Command.LOGOFF, ({ reply }) => reply({ body: {}, sessionId: 0n }));
      await client.session.logoff();
      assert.equal(client.connection.isClosed, false);
    });
  }
});

describe("the SessionId of an answer", () => {
  it("is not compared where the signature tells whose it is", async () => {
    const { server, file } = await openFile();
    server.on(Command.READ, ({ reply }) => reply({ ...READ, sessionId: 99n }));
    assert.equal(await file.read(new Uint8Array(4), 0), 4);
  });

  it("is compared when a session that expired is authenticated anew", async () => {
    const { server, client, file } = await openFile({ firstSessionId: 0n });
    server.on(Command.READ, ({ reply }) => reply({ status: NtStatus.NETWORK_SESSION_EXPIRED }));
    await assert.rejects(file.read(new Uint8Array(4), 0), /changed the SessionId/);
    assert.equal(client.connection.isClosed, false);
  });
});

describe("a server that does not sign the end of the logon", () => {
  for (const dialect of DIALECTS.slice(0, -1)) {
    it(`proves its key with the next answer, with ${dialectName(dialect)}`, async () => {
      const { server, client, file } = await openFile({ dialect, leavesLogonUnsigned: true });
      assert.equal(client.session.isSigned, true);
      server.on(Command.READ, ({ reply }) => reply({ ...READ, unsigned: true }));
      await assert.rejects(file.read(new Uint8Array(4), 0), /unsigned/);
    });

    it(`is refused where the next answer has another key, with ${dialectName(dialect)}`, async () => {
      const meddle = (frame: Uint8Array): readonly Uint8Array[] => {
        if (frame[12] === Command.TREE_CONNECT) frame.fill(0x11, 48, 64);
        return [frame];
      };
      await assert.rejects(connected({ dialect, leavesLogonUnsigned: true, meddle }), /signature/);
    });
  }

  it("is refused with 3.1.1, where that signature proves the negotiation", async () => {
    await assert.rejects(connected({ leavesLogonUnsigned: true }), /unsigned/);
  });

  it("may leave it out again when the session has expired", async () => {
    const dialect = Dialect.SMB_3_0_2;
    const { server, file } = await openFile({ dialect, leavesLogonUnsigned: true });
    let isExpired = true;
    server.on(Command.READ, ({ reply }) => {
      reply(isExpired ? { status: NtStatus.NETWORK_SESSION_EXPIRED } : READ);
      isExpired = false;
    });
    assert.equal(await file.read(new Uint8Array(4), 0), 4);
  });
});
