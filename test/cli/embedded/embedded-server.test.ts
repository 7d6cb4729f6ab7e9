import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { renderSambaConfig } from "../../../src/cli/embedded/samba-config.ts";
import { PATIENCE_MS } from "../../support/patience.ts";
import { type Samba, sambaUnavailable, startSamba } from "../../support/samba.ts";

const skip = sambaUnavailable() ?? false;

async function assertListens(samba: Samba, port: number): Promise<void> {
  const socket = connect({ host: samba.host, port });
  await once(socket, "connect");
  socket.destroy();
}

describe("samba config", () => {
  const base = { directory: "/private", ports: [1445, 1139], shares: [] };

  it("keeps everything of the server in its directory", () => {
    const text = renderSambaConfig({ ...base, global: {} });
    for (const name of ["private dir", "lock directory", "state directory", "cache directory"]) {
      assert.match(text, new RegExp(`^  ${name} = /private/`, "m"));
    }
    assert.match(text, /^ {2}smb ports = 1445 1139$/m);
  });

  it("lets a parameter replace a default however it is spelt", () => {
    const text = renderSambaConfig({ ...base, global: { ServerMinProtocol: "SMB3_11" } });
    assert.match(text, /ServerMinProtocol = SMB3_11/);
    assert.doesNotMatch(text, /server min protocol/);
  });

  it("writes shares with their parameters", () => {
    const share = { name: "ro", path: "/data", parameters: { "read only": "yes" } };
    const text = renderSambaConfig({ ...base, shares: [share], global: {} });
    assert.match(text, /\[ro\]\n {2}path = \/data\n {2}read only = yes\n$/);
  });
});

describe("embedded server", { skip }, () => {
  it("listens on both ports, has its user, and leaves nothing behind", async () => {
    const samba = await startSamba({ nbt: true, password: 'p%w" 1' });
    await assertListens(samba, samba.port);
    await assertListens(samba, samba.nbtPort);
    assert.match(samba.run("pdbedit", ["--list"]), new RegExp(`^${samba.username}:`));
    assert.ok(existsSync(samba.sharePath("share")));
    await samba.stop();
    await samba.stop();
    assert.equal(existsSync(samba.directory), false);
    await assert.rejects(assertListens(samba, samba.port), { code: "ECONNREFUSED" });
  });

  it("is not held up by a resolver that is silent", async () => {
    await using samba = await startSamba();
    const environment = readFileSync(`/proc/${samba.pid}/environ`, "utf8").split("\0");
    assert.ok(environment.includes("RES_OPTIONS=timeout:1 attempts:1"));
  });

  it("shows the log of a server that does not come up", async () => {
    await assert.rejects(startSamba({ global: { "server role": "nonsense" } }), /smbd|pdbedit/);
  });

  it("ends with its owner, even when that is killed", async () => {
    const support = fileURLToPath(new URL("../../support/samba.ts", import.meta.url));
    const program = `const { startSamba } = await import(${JSON.stringify(support)});
      const samba = await startSamba();
      console.log(JSON.stringify([samba.pid, samba.directory]));
      setInterval(() => undefined, 1000);`;
    const args = ["--import", "tsx", "--input-type=module", "--eval", program];
    const owner = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(owner.stdout.setEncoding("utf8"), "data");
    const [pid, directory] = JSON.parse(String(line)) as [number, string];
    assert.match(readFileSync(`/proc/${pid}/cmdline`, "utf8"), /smbd/);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    const deadline = Date.now() + PATIENCE_MS;
    while (existsSync(join(directory, "smb.conf")) && Date.now() < deadline) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(existsSync(join(directory, "smb.conf")), false);
  });
});
