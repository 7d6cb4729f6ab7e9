import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import { connected, openFile } from "../../support/fake-session.ts";

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

  it("tells a wrong password in words", async () => {
    await assert.rejects(connected({ password: "other" }), {
      name: "AuthenticationError",
      statusName: "NT_STATUS_LOGON_FAILURE",
    });
  });
});
