import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import { connected, openFile } from "../../support/fake-session.ts";

const TREE = { shareType: 1, shareFlags: 0, capabilities: 0, maximalAccess: 0x1f_01ff };

describe("a session", () => {
  it("authenticates anew when it has expired, once for all requests, and repeats them", async () => {
    const { server, file } = await openFile();
    const setups = server.requestsOf(Command.SESSION_SETUP).length;
    server.on(Command.READ, ({ reply }) =>
      reply(
        server.requestsOf(Command.SESSION_SETUP).length === setups
          ? { status: NtStatus.NETWORK_SESSION_EXPIRED }
          : { body: { data: new Uint8Array(8), dataRemaining: 0, flags: 0 } },
      ),
    );
    const reads = [0, 8, 16].map((offset) => file.read(new Uint8Array(8), offset));
    assert.deepEqual(await Promise.all(reads), [8, 8, 8]);
    assert.equal(server.requestsOf(Command.SESSION_SETUP).length, setups + 2);
  });

  it("takes a guest logon only where one was asked for", async () => {
    await assert.rejects(connected({ sessionFlags: 1 }), /guest/);
    const credentials = {
      kind: "guest",
      username: "anna",
      domain: "",
      password: "secret",
    } as const;
    const { client } = await connected({ sessionFlags: 1 }, { credentials });
    assert.equal(client.session.isGuest, true);
    assert.equal(client.session.isSigned, false);
  });

  it("logs off and closes in good order", async () => {
    const { server, client } = await connected();
    await client.close();
    assert.equal(server.requestsOf(Command.TREE_DISCONNECT).length, 1);
    assert.equal(server.requestsOf(Command.LOGOFF).length, 1);
  });

  it("is replaced by another one where LOGOFF ends all sessions of a connection, as with ksmbd", async () => {
    const { server, client } = await connected();
    const before = client.session;
    const loggedOff = new Set<number>();
    server.on(Command.LOGOFF, ({ connection, reply }) => {
      loggedOff.add(connection);
      reply({ body: {} });
    });
    server.on(Command.TREE_CONNECT, ({ connection, reply }) => {
      if (loggedOff.has(connection)) reply({ status: NtStatus.USER_SESSION_DELETED });
      else reply({ treeId: 8, body: TREE });
    });
    await client.logon({ kind: "password", username: "otto", domain: "", password: "secret" });
    assert.equal(client.session.user, "otto");
    assert.deepEqual([...loggedOff], [0]);
    assert.equal(before.isClosed, true, "its connections are closed");
    const tree = await client.connectTree("share");
    const file = await tree.openFile("f", { access: 1 });
    await file.close();
    await client.close();
    assert.deepEqual([...loggedOff], [0, 1]);
  });

  it("stays as it is where another one cannot be had", async () => {
    const { client, tree } = await connected();
    const { session, connection, attempts } = client;
    const wrong = { kind: "password", username: "anna", domain: "", password: "wrong" } as const;
    await assert.rejects(client.logon(wrong), { name: "AuthenticationError" });
    assert.deepEqual([client.session, client.connection], [session, connection]);
    assert.equal(client.attempts, attempts);
    await (await tree.openFile("f", { access: 1 })).close();
    await client.close();
  });

  it("is replaced where its connection is gone, with the silence that was set", async () => {
    const { server, client } = await connected();
    client.timeoutMs = 7000;
    await server.disconnect();
    await client.session.closed;
    await client.logon({ kind: "password", username: "anna", domain: "", password: "secret" });
    assert.equal(client.timeoutMs, 7000);
    assert.equal(server.requestsOf(Command.LOGOFF).length, 0);
    await client.connectTree("share");
    await client.close();
  });

  it("tells a wrong password in words", async () => {
    await assert.rejects(connected({ password: "other" }), {
      name: "AuthenticationError",
      statusName: "NT_STATUS_LOGON_FAILURE",
    });
  });
});
