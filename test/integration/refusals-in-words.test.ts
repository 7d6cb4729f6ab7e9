import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Finished, runProgram, runSmbx, smbxCommand } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

describe("a refusal says what helps", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "smbx-refusals-"));
    samba = await startSamba({
      global: { "map to guest": "bad user" },
      shares: [
        { name: "share" },
        { name: "public", parameters: { "guest ok": "yes" } },
        { name: "sealed", parameters: { "smb encrypt": "required" } },
      ],
    });
    mkdirSync(join(samba.sharePath("share"), "docs"));
    writeFileSync(join(samba.sharePath("share"), "file"), "content");
  });
  after(async () => {
    await samba.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const unc = (share: string): string => `//${samba.host}:${samba.port}/${share}`;
  const user = (): string => `${samba.username}%${samba.password}`;
  function expectWords({ status, stderr }: Finished, expected: number, words: RegExp): void {
    assert.equal(status, expected, stderr);
    assert.match(stderr, words);
  }

  it("to a guest whom nobody asked for", async () => {
    const refused = await runSmbx([unc("public"), "-U", "nosuch%x", "-c", "pwd"]);
    expectWords(refused, 4, /offers only guest access .*\n {2}--guest accepts that; guests have/);
    const accepted = await runSmbx([unc("public"), "-U", "nosuch%x", "--guest", "-c", "pwd"]);
    assert.equal(accepted.status, 0, accepted.stderr);
  });

  it("by a share that requires encryption", async () => {
    const old = await runSmbx([unc("sealed"), "-U", user(), "-m", "SMB2_10", "-c", "pwd"]);
    expectWords(old, 6, /share requires encryption, which SMB 2\.1 .*: -m SMB3\n/);
    const guest = await runSmbx([unc("sealed"), "-U", "nosuch%x", "--guest", "-c", "pwd"]);
    expectWords(guest, 6, /share requires encryption, for which a guest .* has no key/);
    const later = await runSmbx([unc("share"), "-U", user(), "-m", "SMB2_10", "-c", "tcon sealed"]);
    expectWords(later, 6, /tcon failed: .*\n.*\n.*requires encryption, which SMB 2\.1/);
    const fine = await runSmbx([unc("sealed"), "-U", user(), "-c", "pwd"]);
    assert.equal(fine.status, 0, fine.stderr);
  });

  it("without a password, and without anybody to ask; as smbclient an empty one is sent", async () => {
    const args = [unc("share"), "-U", samba.username, "-c", "pwd"];
    expectWords(
      await runSmbx(args),
      2,
      /no password for .*: give it in a file .*PASSWD.*-N logs on/,
    );
    const env = { SMBX_COMPAT: "smbclient" };
    const options = ["-p", String(samba.port), `//${samba.host}/share`, "-U", samba.username];
    const { status, stdout } = await runSmbx([...options, "-c", "pwd"], { env });
    assert.equal(status, 1);
    assert.match(stdout, /session setup failed: NT_STATUS_LOGON_FAILURE/);
  });

  it("of a file with the password that is not there", async () => {
    const missing = join(folder, "missing");
    expectWords(await runSmbx([unc("share"), "-A", missing]), 2, /missing: No such file/);
    const env = { USER: samba.username, PASSWD_FILE: missing };
    expectWords(await runSmbx([unc("share")], { env }), 2, /password file .*missing: No such file/);
    expectWords(
      await runSmbx([unc("share")], { env: { USER: "a", PASSWD_FD: "abc" } }),
      2,
      /not abc/,
    );
  });

  it("of nothing: others may read that file, which is worth a warning", async () => {
    const path = join(folder, "auth");
    writeFileSync(path, `username=${samba.username}\npassword=${samba.password}\n`, {
      mode: 0o644,
    });
    const args = [unc("share"), "-A", path, "-c", "pwd"];
    expectWords(await runSmbx(args), 0, /^smbx: warning: others may read .*: chmod 600 .*auth\n$/);
    chmodSync(path, 0o600);
    const { status, stderr } = await runSmbx(args);
    assert.deepEqual([status, stderr], [0, ""]);
  });

  it("of a directory that mget does not go into", async () => {
    const { status, stderr } = await runSmbx([unc("share"), "-U", user(), "-c", "mget docs"]);
    assert.notEqual(status, 0);
    assert.match(stderr, /docs is a directory: with recurse on/);
  });

  it("of a full standard output, in the system's words", {
    skip: !existsSync("/dev/full"),
  }, async () => {
    for (const args of [
      ["cat", `${unc("share")}/file`],
      ["ls", unc("share")],
    ]) {
      const smbx = smbxCommand("-U", user(), ...args);
      const script = ["-c", `exec "$0" "$@" >/dev/full`, process.execPath, ...smbx];
      const { status, stderr } = await runProgram("/bin/sh", script);
      assert.notEqual(status, 0);
      assert.match(stderr, /standard output: No space left on device\n$/);
      assert.doesNotMatch(stderr, /ENOSPC|write/);
    }
  });

  it("lists shares by a URL, and says where that names one", async () => {
    const url = `smb://${samba.username}:${samba.password}@${samba.host}:${samba.port}`;
    const { status, stdout } = await runSmbx(["-L", url]);
    assert.equal(status, 0);
    assert.match(stdout, /sealed +Disk/);
    const share = await runSmbx(["-L", `${url}/share`]);
    expectWords(share, 2, /-L takes a server/);
    assert.equal(share.stderr.includes(samba.password), false);
  });
});
