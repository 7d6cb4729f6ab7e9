import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AuthenticationError, type Credentials, type Protection } from "../../src/core/index.ts";
import { runSmbx } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { connectTo, names } from "./protocol-exercise.ts";

const GUEST = { kind: "guest", username: "stranger", domain: "", password: "x" } as const;
const NOBODY = { kind: "anonymous", username: "", domain: "" } as const;

describe("a session without a key", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  before(async () => {
    samba = await startSamba({
      global: { "map to guest": "bad user" },
      shares: [{ name: "open", parameters: { "guest ok": "yes" } }],
    });
  });
  after(() => samba.stop());

  async function look(
    credentials: Credentials,
    protection?: Protection,
  ): Promise<readonly string[]> {
    await using client = await connectTo(samba, { credentials, protection });
    assert.equal(client.session.isSigned, false);
    return await names(await client.connectTree("open"), "");
  }

  for (const [who, credentials] of [
    ["a guest", GUEST],
    ["nobody", NOBODY],
  ] as const) {
    for (const protection of ["sign", "encrypt"] as const) {
      it(`is refused to ${who} where "${protection}" is demanded`, async () => {
        await assert.rejects(look(credentials, protection), (error: unknown) => {
          assert.ok(error instanceof AuthenticationError, String(error));
          assert.match(error.message, /required, but a guest or anonymous session has no key/);
          return true;
        });
      });
    }

    it(`is there for ${who} where nothing is demanded`, async () => {
      assert.deepEqual(await look(credentials), []);
      assert.deepEqual(await look(credentials, "auto"), []);
      assert.deepEqual(await look(credentials, "off"), []);
    });
  }

  const demands = [
    ["--client-protection=sign"],
    ["--client-protection=encrypt"],
    ["--option=client signing = required"],
    ["--option=client signing = mandatory"],
    ["--option=client smb encrypt = required"],
  ];
  const logons = [["-N"], ["-U", "%"], ["-U", "stranger%x"]];

  for (const demand of demands) {
    it(`is refused under both names with ${demand.join(" ")}`, async () => {
      for (const logon of logons) {
        const guest = logon[1] === "stranger%x" ? ["--guest"] : [];
        const own = await run([...logon, ...guest, ...demand]);
        assert.equal(own.status, 4, own.stderr);
        assert.match(own.stderr, /has no key for it/);
        const compatible = await run([...logon, ...demand], { SMBX_COMPAT: "smbclient" });
        assert.equal(compatible.status, 1, compatible.stdout);
        // With -N smbclient tries the name of the system first, and does not go on to nobody here.
        const status = logon[0] === "-N" ? "LOGON_FAILURE" : "ACCESS_DENIED";
        assert.equal(compatible.stdout, `session setup failed: NT_STATUS_${status}\n`);
      }
    });
  }

  it("is there under both names where nothing is demanded", async () => {
    for (const logon of logons) {
      const guest = logon[1] === "stranger%x" ? ["--guest"] : [];
      assert.equal((await run([...logon, ...guest])).status, 0);
      assert.equal((await run(logon, { SMBX_COMPAT: "smbclient" })).status, 0);
    }
  });

  it("is not what a password without a name gets, but as smbclient", async () => {
    const { status, stderr } = await run(["-U", "%secret"]);
    assert.equal(status, 2);
    assert.match(stderr, /a password needs a user name/);
    assert.doesNotMatch(stderr, /secret/);
    assert.equal((await run(["-U", "%secret"], { SMBX_COMPAT: "smbclient" })).status, 0);
  });

  function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { host, port } = samba;
    return runSmbx([`//${host}/open`, "-p", String(port), ...args, "-c", "pwd"], { env });
  }
});
