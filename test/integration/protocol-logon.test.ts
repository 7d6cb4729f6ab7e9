import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ntHash } from "../../src/core/auth/ntlmssp/ntlmv2.ts";
import {
  AuthenticationError,
  type Credentials,
  Dialect,
  NtStatus,
  type SmbClient,
} from "../../src/core/index.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { possibleDialects } from "../support/wire.ts";
import { connectTo, hasStatus, names } from "./protocol-exercise.ts";

const ANONYMOUS: Credentials = { kind: "anonymous", username: "", domain: "" };

/** Logs on, sees what one gets, and leaves. */
async function visit<T>(
  samba: Samba,
  credentials: Credentials,
  look: (client: SmbClient) => Promise<T> | T,
): Promise<T> {
  await using client = await connectTo(samba, { credentials });
  return await look(client);
}

function asUser(username: string, password: string, kind: "password" | "guest" = "password") {
  return { kind, username, domain: "", password } as const;
}

async function refused(samba: Samba, credentials: Credentials, status: string, words: RegExp) {
  await assert.rejects(connectTo(samba, { credentials }), (error: unknown) => {
    assert.ok(error instanceof AuthenticationError, String(error));
    assert.equal(error.statusName, status);
    assert.match(error.message, words);
    return true;
  });
}

describe("logging on to a real server", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  before(async () => {
    samba = await startSamba({
      shares: [{ name: "share" }, { name: "public", parameters: { "guest ok": "yes" } }],
    });
    writeFileSync(join(samba.sharePath("share"), "a.txt"), "a");
  });
  after(() => samba.stop());

  it("goes by password, with and without the domain", async () => {
    const { username, password } = samba;
    for (const domain of ["", "SMBX", "SMBXSERVER", "elsewhere"]) {
      const credentials = { kind: "password", username, domain, password } as const;
      const found = await visit(samba, credentials, async (client) => {
        assert.equal(client.session.isGuest, false);
        return names(await client.connectTree("share"), "");
      });
      assert.deepEqual(found, ["a.txt"]);
    }
  });

  it("goes by the hash of the password", async () => {
    const { username, password } = samba;
    const credentials = { kind: "password", username, domain: "", ntHash: ntHash(password) };
    await visit(samba, credentials as Credentials, async (client) =>
      assert.deepEqual(await names(await client.connectTree("share"), ""), ["a.txt"]),
    );
  });

  it("refuses a wrong password and an unknown user with one sentence", async () => {
    const words = /user name or the password is wrong/;
    const { username, password } = samba;
    await refused(samba, asUser(username, "wrong"), "NT_STATUS_LOGON_FAILURE", words);
    await refused(samba, asUser("nobody-here", password), "NT_STATUS_LOGON_FAILURE", words);
    await refused(samba, asUser(username, ""), "NT_STATUS_LOGON_FAILURE", words);
  });

  it("refuses a wrong password with every dialect", async () => {
    const credentials = asUser(samba.username, "wrong");
    const { SMB_2_0_2, SMB_3_0, SMB_3_1_1 } = Dialect;
    for (const dialect of possibleDialects([SMB_2_0_2, SMB_3_0, SMB_3_1_1])) {
      const only = { minDialect: dialect, maxDialect: dialect, credentials };
      await assert.rejects(connectTo(samba, only), AuthenticationError);
    }
  });

  it("lets an anonymous user list shares, without keys", async () => {
    await visit(samba, ANONYMOUS, async (client) => {
      assert.equal(client.session.isAnonymous, true);
      assert.equal(client.session.isSigned, false);
      assert.equal(client.session.canEncrypt, false);
      const found = (await client.listShares()).map(({ name }) => name);
      assert.ok(found.includes("share"), found.join());
      await hasStatus(client.connectTree("share"), NtStatus.ACCESS_DENIED);
    });
  });

  it("tells of a share that does not exist", () =>
    visit(samba, asUser(samba.username, samba.password), async (client) => {
      await hasStatus(client.connectTree("nosuch"), NtStatus.BAD_NETWORK_NAME);
      assert.deepEqual(await names(await client.connectTree("share"), ""), ["a.txt"]);
    }));

  it("changes the user on the same connection, and keeps the old one where that fails", () =>
    visit(samba, asUser(samba.username, samba.password), async (client) => {
      const before = client.session;
      await assert.rejects(
        client.logon(asUser(samba.username, "wrong")),
        (error: unknown) => error instanceof AuthenticationError,
      );
      assert.equal(client.session, before);
      const tree = await client.connectTree("share");
      assert.deepEqual(await names(tree, ""), ["a.txt"]);
      await client.logon(asUser(samba.username, samba.password));
      assert.notEqual(client.session.sessionId, before.sessionId);
      assert.deepEqual(await names(await client.connectTree("share"), ""), ["a.txt"]);
      await hasStatus(names(tree, ""), NtStatus.USER_SESSION_DELETED);
    }));

  it("says so when a session is used after its end", () =>
    visit(samba, asUser(samba.username, samba.password), async (client) => {
      const tree = await client.connectTree("share");
      await client.session.logoff();
      await hasStatus(tree.stat("a.txt"), NtStatus.USER_SESSION_DELETED);
      await hasStatus(names(tree, ""), NtStatus.USER_SESSION_DELETED);
      assert.equal(client.connection.isClosed, false);
    }));

  it("says so when a share is used after it was left", () =>
    visit(samba, asUser(samba.username, samba.password), async (client) => {
      const tree = await client.connectTree("share");
      await client.disconnectTree(tree);
      await hasStatus(tree.stat("a.txt"), NtStatus.NETWORK_NAME_DELETED);
    }));
});

describe("accounts and policies of a real server", { skip: sambaUnavailable() ?? false }, () => {
  const states: readonly [string, (samba: Samba) => void, string, RegExp][] = [
    [
      "a disabled account",
      (s) => s.run("pdbedit", ["--modify", `--user=${s.username}`, "--account-control=[D]"]),
      "NT_STATUS_ACCOUNT_DISABLED",
      /disabled/,
    ],
    [
      "an expired account",
      (s) => s.run("pdbedit", ["--modify", `--user=${s.username}`, "--kickoff-time=1000"]),
      "NT_STATUS_ACCOUNT_EXPIRED",
      /expired/,
    ],
  ];
  for (const [name, prepare, status, words] of states) {
    it(`refuse ${name}`, async () => {
      await using samba = await startSamba();
      prepare(samba);
      await refused(samba, asUser(samba.username, samba.password), status, words);
    });
  }

  it("refuse an account after too many wrong passwords", async () => {
    await using samba = await startSamba();
    samba.run("pdbedit", ["--account-policy=bad lockout attempt", "--value=1"]);
    const { username, password } = samba;
    await refused(samba, asUser(username, "wrong"), "NT_STATUS_LOGON_FAILURE", /wrong/);
    await refused(samba, asUser(username, password), "NT_STATUS_ACCOUNT_LOCKED_OUT", /locked/);
  });

  it("refuse NTLM", async () => {
    await using samba = await startSamba({ global: { "ntlm auth": "disabled" } });
    const credentials = asUser(samba.username, samba.password);
    await assert.rejects(connectTo(samba, { credentials }), AuthenticationError);
  });

  it("take strangers for guests, which we accept only when asked to", async () => {
    await using samba = await startSamba({
      global: { "map to guest": "bad user" },
      shares: [{ name: "share", parameters: { "guest ok": "yes" } }],
    });
    await assert.rejects(connectTo(samba, { credentials: asUser("stranger", "x") }), /guest/);
    await visit(samba, asUser("stranger", "x", "guest"), async (client) => {
      assert.equal(client.session.isGuest, true);
      assert.equal(client.session.isSigned, false);
      assert.deepEqual(await names(await client.connectTree("share"), ""), []);
    });
    await visit(samba, asUser(samba.username, samba.password, "guest"), (client) => {
      assert.equal(client.session.isGuest, false);
      assert.equal(client.session.isSigned, true);
    });
    await visit(samba, ANONYMOUS, async (client) =>
      assert.deepEqual(await names(await client.connectTree("share"), ""), []),
    );
  });

  it("refuse anonymous users", async () => {
    await using samba = await startSamba({ global: { "restrict anonymous": "2" } });
    await visit(samba, ANONYMOUS, async (client) =>
      assert.rejects(client.listShares(), { name: "NtStatusError" }),
    );
  });

  for (const count of [0, 300]) {
    it(`list ${count} shares`, async () => {
      const shares = Array.from({ length: count }, (_, index) => ({
        name: `share-${String(index).padStart(3, "0")}`,
        path: "/",
        parameters: { comment: `The share number ${index}, with a comment of some length` },
      }));
      await using samba = await startSamba({ shares });
      for (const protection of ["sign", "encrypt"] as const) {
        await using client = await connectTo(samba, { protection });
        const found = await client.listShares();
        const listed = found.filter(({ name }) => name.startsWith("share-"));
        assert.equal(listed.length, count);
        assert.ok(found.some(({ name, typeName }) => name === "IPC$" && typeName === "IPC"));
        const wrong = listed.filter(
          ({ name, comment }) => !comment.includes(`${Number(name.slice(6))},`),
        );
        assert.deepEqual(wrong, []);
      }
    });
  }
});
