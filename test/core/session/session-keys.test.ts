import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createNtlmMechanism } from "../../../src/core/auth/ntlmssp/mechanism.ts";
import { SpnegoExchange } from "../../../src/core/auth/spnego.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { Connection } from "../../../src/core/connection/connection.ts";
import { negotiate, negotiateOffer } from "../../../src/core/connection/negotiator.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { Session } from "../../../src/core/session/session.ts";
import { CipherId, Command, Dialect, SessionFlags } from "../../../src/core/smb2/constants.ts";
import { fileTimeFromUnixMs } from "../../../src/core/wire/file-time.ts";
import { FakeServer } from "../../support/fake-server.ts";
import { connected, openFile } from "../../support/fake-session.ts";

const DAY_MS = 86_400_000;
const READ_8 = { body: { data: new Uint8Array(8), dataRemaining: 0, flags: 0 } };

describe("a logon", () => {
  it("tells of clocks that disagree where the password is refused", async () => {
    const systemTime = fileTimeFromUnixMs(Date.now() + 3 * DAY_MS);
    await assert.rejects(connected({ password: "other", systemTime }), /clock is 3 days behind/);
    const now = fileTimeFromUnixMs(Date.now());
    await assert.rejects(connected({ password: "other", systemTime: now }), (error: Error) => {
      assert.doesNotMatch(error.message, /clock/);
      return true;
    });
  });

  it("overwrites what it derived the keys from", async () => {
    const exchanges: SpnegoExchange[] = [];
    const authenticate = (): SpnegoExchange => {
      const options = { username: "anna", domain: "LAB", password: "secret" };
      const rest = { workstation: "W", targetName: "cifs/server" };
      const exchange = new SpnegoExchange([createNtlmMechanism({ ...options, ...rest })]);
      exchanges.push(exchange);
      return exchange;
    };
    const { signal } = new AbortController();
    const wire = await new FakeServer().factory().dial({ host: "server" }, { signal });
    await using connection = new Connection(wire, { clock: systemClock, timeoutMs: 5000 });
    await negotiate(connection, negotiateOffer({ requireSigning: true }), { serverName: "server" });
    const session = await Session.setUp(connection, {
      authenticate,
      user: "anna",
      kind: "password",
      protection: "sign",
    });
    assert.equal(session.canSign, true);
    assert.deepEqual([...(exchanges[0]?.sessionKey ?? [1])], [...new Uint8Array(16)]);
  });

  for (const flag of [SessionFlags.IS_GUEST, SessionFlags.IS_NULL]) {
    it(`of a user is none where the server sets session flag ${flag}`, async () => {
      for (const dialect of [Dialect.SMB_2_1, Dialect.SMB_3_1_1]) {
        await assert.rejects(connected({ dialect, sessionFlags: flag }), /guest/);
      }
    });
  }

  it("is not the one that an anonymous logon gives to everybody", async () => {
    const credentials = { kind: "guest", username: "", domain: "" } as const;
    const { client } = await connected({}, { credentials });
    assert.equal(client.session.isAnonymous, true);
    assert.equal(client.session.canSign, false);
    await assert.rejects(connected({}, { credentials, protection: "sign" }), /has no key/);
  });

  it("of nobody has no keys, whatever the server says", async () => {
    const credentials = { kind: "anonymous", username: "", domain: "" } as const;
    for (const sessionFlags of [0, SessionFlags.IS_NULL, SessionFlags.IS_GUEST]) {
      const { client } = await connected({ sessionFlags }, { credentials });
      assert.equal(client.session.isAnonymous, true);
      assert.equal(client.session.isGuest, false);
      assert.equal(client.session.canSign, false);
    }
  });
});

describe("an encrypted session", () => {
  for (const [name, cipher] of Object.entries(CipherId)) {
    it(`uses ${name} in both directions`, async () => {
      const { server, file } = await openFile({ cipher }, { protection: "encrypt" });
      server.on(Command.READ, ({ reply }) => reply(READ_8));
      assert.equal(await file.read(new Uint8Array(8), 0), 8);
      await file.close();
    });
  }

  it("begins where the server asks for it", async () => {
    const options = { cipher: CipherId.AES_128_CCM, sessionFlags: SessionFlags.ENCRYPT_DATA };
    const { client } = await connected(options, { protection: "off" });
    assert.equal(client.session.isEncrypted, true);
  });
});

describe("a session that has expired", () => {
  it("is not used again where the password no longer holds", async () => {
    const { server, file } = await openFile();
    server.on(Command.READ, ({ reply }) => reply({ status: NtStatus.NETWORK_SESSION_EXPIRED }));
    server.on(Command.SESSION_SETUP, ({ reply }) => reply({ status: NtStatus.LOGON_FAILURE }));
    await assert.rejects(file.read(new Uint8Array(8), 0), { name: "AuthenticationError" });
  });

  it("that expires again at once is an error, not a loop", async () => {
    const { server, file } = await openFile();
    server.on(Command.READ, ({ reply }) => reply({ status: NtStatus.NETWORK_SESSION_EXPIRED }));
    await assert.rejects(file.read(new Uint8Array(8), 0), {
      statusName: "NT_STATUS_NETWORK_SESSION_EXPIRED",
    });
    assert.equal(server.requestsOf(Command.READ).length, 2);
  });
});

describe("a refusal that a server signs wrongly", () => {
  /** As ksmbd does: it says that it has signed, and has not. */
  const tamper = (message: Uint8Array): Uint8Array => message.fill(0, 48, 64);

  it("is believed where the server has lost the session, and its keys with it", async () => {
    const { server, client, file } = await openFile();
    const status = NtStatus.USER_SESSION_DELETED;
    server.on(Command.READ, ({ reply }) => reply({ status, tamper }));
    await assert.rejects(file.read(new Uint8Array(8), 0), { status });
    assert.equal(client.connection.isClosed, false);
  });

  it("is not believed elsewhere, but told with what may be the reason", async () => {
    const { server, client } = await connected();
    const status = NtStatus.BAD_NETWORK_NAME;
    server.on(Command.TREE_CONNECT, ({ reply }) => reply({ status, tamper }));
    await assert.rejects(client.connectTree("nosuch"), (error: Error) => {
      assert.equal(error.name, "ProtocolError");
      assert.match(error.message, /NT_STATUS_BAD_NETWORK_NAME.*wrong signature.*ksmbd/);
      return true;
    });
    assert.equal(client.connection.isClosed, true);
  });
});

describe("a session that was logged off", () => {
  it("sends nothing any more", async () => {
    const { server, client, tree } = await connected();
    await client.session.logoff();
    const sent = server.requests.length;
    const status = { status: NtStatus.USER_SESSION_DELETED };
    await assert.rejects(tree.stat("x"), status);
    await assert.rejects(tree.openFile("x", { access: 1 }), status);
    await client.session.logoff();
    assert.equal(server.requests.length, sent);
    assert.equal(client.connection.isClosed, false);
  });
});
