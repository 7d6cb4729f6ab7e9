import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Command } from "../../src/core/smb2/constants.ts";
import { upperCaseTable } from "../../src/core/wire/upper-case.ts";
import { HostileRelay } from "../support/hostile-relay.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { connectTo } from "./protocol-exercise.ts";

/** Units in one name: as many as a name may have with smbd, and some to spare. */
const UNITS = 100;

describe("the names of users that a real server knows", {
  skip: sambaUnavailable() ?? false,
}, () => {
  const map = join(tmpdir(), `smbx-names-${process.pid}`);
  let samba: Samba;
  before(async () => {
    // Whatever somebody is called, he is the one user of this server; the answer is made with the name.
    samba = await startSamba({ global: { "username map": map } });
    writeFileSync(map, `${samba.username} = *\n`);
  });
  after(async () => {
    await samba.stop();
    rmSync(map, { force: true });
  });

  /** Logs on, and tells with how many SESSION_SETUPs. */
  async function logOn(username: string): Promise<number> {
    let setups = 0;
    const { password } = samba;
    await using client = await connectTo(samba, {
      credentials: { kind: "password", username, domain: "", password },
      trace: ({ direction, parts: [head] }) => {
        const command = head && new DataView(head.buffer, head.byteOffset).getUint16(12, true);
        if (direction === "sent" && command === Command.SESSION_SETUP) setups += 1;
      },
    });
    assert.equal(client.session.isGuest, false);
    return setups;
  }

  for (const name of ["ștefan", "გიორგი", "µuser", "ѝван", "jörg", "Ὀδυσσεύς", "straße", "ﬁona"]) {
    it(`may be ${name}`, async () => assert.equal(await logOn(name), 2));
  }

  it("are tried with both tables over one connection where the password is wrong", async () => {
    const { host, port } = samba;
    let setups = 0;
    await using relay = await HostileRelay.start({
      host,
      port,
      request(message) {
        if (new DataView(message.buffer).getUint16(12, true) === Command.SESSION_SETUP) setups += 1;
        return message;
      },
    });
    const credentials = {
      kind: "password",
      username: "ștefan",
      domain: "",
      password: "no",
    } as const;
    const attempt = connectTo(samba, { credentials, order: [{ kind: "tcp", port: relay.port }] });
    await assert.rejects(attempt, { statusName: "NT_STATUS_LOGON_FAILURE" });
    assert.equal(setups, 4);
  });

  it("may be made of any letters that some table folds", async () => {
    const units = [...upperCaseTable("either").keys()];
    for (let at = 0; at < units.length; at += UNITS) {
      const name = String.fromCharCode(...units.slice(at, at + UNITS));
      assert.equal(await logOn(name), 2, name);
    }
  });

  it("may be made of any letters that Unicode folds today and servers do not", async () => {
    const known = upperCaseTable("samba");
    const units: number[] = [];
    for (let unit = 0x80; unit < 0xd800; unit += 1) {
      const letter = String.fromCharCode(unit);
      if (!known.has(unit) && letter.toUpperCase() !== letter) units.push(unit);
    }
    assert.ok(units.length > 500);
    for (let at = 0; at < units.length; at += UNITS) {
      const name = String.fromCharCode(...units.slice(at, at + UNITS));
      assert.equal(await logOn(name), 2, name);
    }
  });
});
