import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { sambaUnavailable } from "../support/samba.ts";

const START = fileURLToPath(new URL("../../bin/start.mjs", import.meta.url));

describe("npm start", { skip: sambaUnavailable() ?? false }, () => {
  let directory: string;
  let env: NodeJS.ProcessEnv;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "smbx-start-"));
    env = { ...process.env, TMPDIR: directory };
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  it("shows without a terminal what it can do, and leaves nothing behind", () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [START], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
    const hashes = [...stdout.matchAll(/^SHA-256 .*: +([0-9a-f]{64})$/gm)].map(([, hash]) => hash);
    assert.equal(hashes.length, 3);
    assert.equal(new Set(hashes).size, 1);
    assert.match(stdout, /^They match\.$/m);
    assert.match(stdout, /share +Disk/);
    assert.match(stdout, /tcp: 127\.0\.0\.1:\d+ connected/);
    assert.match(stdout, /dialect: .*3\.1\.1/);
    assert.match(stdout, /signing: AES-/);
    assert.match(stdout, /encryption: AES-/);
    assert.match(stdout, /put \d+ MiB\/s, get \d+ MiB\/s/);
    assert.deepEqual(readdirSync(directory), []);
  });

  it("removes everything when it is told to end", async () => {
    const child = spawn(process.execPath, [START], { env, stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout.setEncoding("utf8"), "data");
    const [server = ""] = readdirSync(directory);
    child.kill("SIGTERM");
    const [status] = (await once(child, "exit")) as [number | null];
    assert.equal(status, 143);
    assert.equal(existsSync(join(directory, server)), false);
  });

  it("is smbx itself where it gets arguments", () => {
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [START, ...args], { encoding: "utf8" });
    assert.match(run("--version").stdout, /^smbx \d/);
    assert.equal(run("--no-such-option").status, 2);
  });
});
