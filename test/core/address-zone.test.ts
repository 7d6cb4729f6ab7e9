import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SmbClient } from "../../src/core/client.ts";
import { Command } from "../../src/core/smb2/constants.ts";
import { serverNameOf } from "../../src/core/transport.ts";
import { FakeServer } from "../support/fake-server.ts";

describe("the zone of an IPv6 address", () => {
  it("is in nothing that is sent, for it is the name of an interface of ours", async () => {
    const server = new FakeServer();
    const client = await SmbClient.connect(
      { host: "fe80::1%eth0" },
      {
        transports: [server.factory()],
        order: [{ kind: "memory" }],
        credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
      },
    );
    await client.connectTree("share");
    const sent = (command: number): string =>
      server
        .requestsOf(command)
        .map(({ message }) => Buffer.from(message).toString("latin1").replaceAll("\0", ""))
        .join("\n");
    assert.match(sent(Command.NEGOTIATE), /fe80::1/);
    assert.match(sent(Command.SESSION_SETUP), /cifs\/fe80::1/);
    assert.match(sent(Command.TREE_CONNECT), /\\\\fe80::1\\share/);
    for (const command of Object.values(Command)) assert.doesNotMatch(sent(command), /eth0/);
  });

  it("is told apart from a percent sign in a name", () => {
    assert.equal(serverNameOf({ host: "::1%lo" }), "::1");
    assert.equal(serverNameOf({ host: "a%b" }), "a%b");
  });
});
