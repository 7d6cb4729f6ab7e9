import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AuthenticationError, connect, DialError, type TransportFactory } from "../src/index.ts";
import { type Samba, sambaUnavailable, startSamba } from "./support/samba.ts";

describe("connect", () => {
  it("refuses what is no server", async () => {
    await assert.rejects(connect("smb://nas/share"), TypeError);
    await assert.rejects(connect("smb:///"), TypeError);
    await assert.rejects(connect("smb://nas:99999/"), TypeError);
  });

  it("reads a server with or without its port", async () => {
    const dialled: object[] = [];
    const transport: TransportFactory = {
      kind: "tcp",
      defaultPort: 445,
      unavailable: () => undefined,
      dial: ({ host, port }) => {
        dialled.push({ host, port });
        throw new Error("not in this test");
      },
    };
    const dial = (server: string) => connect(server, { transports: [transport] });
    for (const [server, host, port] of [
      ["nas", "nas", 445],
      ["nas:1445", "nas", 1445],
      ["192.0.2.7:1445", "192.0.2.7", 1445],
      ["2001:db8::7", "2001:db8::7", 445],
      ["fe80::1%eth0", "fe80::1%eth0", 445],
      ["[2001:db8::7]", "2001:db8::7", 445],
      ["[2001:db8::7]:1445", "2001:db8::7", 1445],
      ["smb://nas:1445", "nas", 1445],
    ] as const) {
      await assert.rejects(dial(server), DialError);
      assert.deepEqual(dialled.pop(), { host, port }, server);
    }
    for (const wrong of [
      "",
      "nas:",
      "nas:x",
      "nas:0",
      "nas:65536",
      "[nas]:1",
      "a:b:c",
      "//nas",
      "u@h",
    ]) {
      await assert.rejects(dial(wrong), TypeError, wrong);
    }
    assert.deepEqual(dialled, []);
  });

  it("refuses a password that has no user name, before it dials", async () => {
    const target = { host: "127.0.0.1", port: 1 };
    for (const attempt of [
      () => connect(target, { password: "secret" }),
      () => connect(target, { username: "", password: "secret" }),
      () => connect(target, { username: "" }),
      () => connect("smb://:secret@127.0.0.1:1/"),
    ]) {
      await assert.rejects(attempt, (error: unknown) => {
        assert.ok(error instanceof AuthenticationError, String(error));
        assert.match(error.message, /user name is missing/);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      });
    }
  });

  it("says where it could not get to", async () => {
    const target = { host: "127.0.0.1", port: 1 };
    await assert.rejects(connect(target), (error: unknown) => {
      assert.ok(error instanceof DialError);
      assert.equal(error.attempts[0]?.outcome, "failed");
      return true;
    });
  });
});

describe("connect, to a server", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  before(async () => {
    samba = await startSamba({ password: "p@ss:w/rd%" });
    writeFileSync(join(samba.sharePath("share"), "hello.txt"), "hello");
  });
  after(() => samba.stop());

  it("takes user and password out of a URL", async () => {
    const user = `${encodeURIComponent(samba.username)}:${encodeURIComponent(samba.password)}`;
    await using client = await connect(`smb://${user}@${samba.host}:${samba.port}`);
    const tree = await client.connectTree("share");
    assert.equal((await tree.stat("hello.txt")).size, 5);
  });

  it("lets options win over the URL", async () => {
    const { host, port, username, password } = samba;
    await using client = await connect(`smb://nobody:wrong@${host}:${port}/`, {
      username,
      password,
    });
    assert.ok((await client.listShares()).some(({ name }) => name === "share"));
  });

  it("throws an AuthenticationError for a wrong password", async () => {
    const { host, port, username } = samba;
    const attempt = connect({ host, port }, { username, password: "wrong" });
    await assert.rejects(attempt, AuthenticationError);
  });

  it("is nobody where no user is named", async () => {
    await using client = await connect({ host: samba.host, port: samba.port });
    assert.equal(client.session.isAnonymous, true);
  });
});
