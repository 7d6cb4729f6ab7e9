import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { type Finished, runSmbx } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

const skip = sambaUnavailable() ?? false;

describe("two sources of one run that would become one file", { skip }, () => {
  let samba: Samba;
  let base: string;
  let local: string;
  let share: string;

  before(async () => {
    const parameters = { "case sensitive": "yes" };
    samba = await startSamba({ shares: [{ name: "share" }, { name: "exact", parameters }] });
    share = samba.sharePath("share");
    base = mkdtempSync(join(tmpdir(), "smbx-two-"));
    local = join(base, "work");
  });

  after(async () => {
    await samba.stop();
    rmSync(base, { recursive: true, force: true });
  });

  beforeEach(() => {
    for (const place of [local, share, samba.sharePath("exact")]) {
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place);
    }
  });

  /** Makes files that hold their own path. */
  function make(place: string, ...paths: readonly string[]): void {
    for (const path of paths) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), path);
    }
  }

  function contents(place: string): Record<string, string> {
    const entries = readdirSync(place, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const paths = files.map((entry) => join(entry.parentPath, entry.name));
    return Object.fromEntries(
      paths.sort().map((path) => [path.slice(place.length + 1), readFileSync(path, "utf8")]),
    );
  }

  function at(path: string, on = "share"): string {
    return `//${samba.host}:${samba.port}/${on}${path}`;
  }

  function run(...args: readonly string[]): Promise<Finished> {
    const env = { USER: samba.username, PASSWD: samba.password };
    return runSmbx(args, { cwd: local, env });
  }

  function shell(commands: string, env: Record<string, string> = {}): Promise<Finished> {
    const user = `${samba.username}%${samba.password}`;
    const place = ["//127.0.0.1/share", "-p", String(samba.port), "-U", user];
    return runSmbx([...place, "-c", `prompt; ${commands}`], { cwd: local, env });
  }

  it("put: the second of a name fails, the first stays", async () => {
    make(local, "a/x", "b/x", "b/y");
    mkdirSync(join(share, "d"));
    const { status, stderr } = await run("put", "a/x", "b/x", "b/y", at("/d/"));
    assert.equal(status, 7, stderr);
    assert.match(stderr, /b\/x is not stored as \\d\\x: .*a\/x goes to \\d\\x too$/m);
    assert.deepEqual(contents(share), { "d/x": "a/x", "d/y": "b/y" });
  });

  it("put -r: names that only case tells apart, files and directories", async () => {
    make(local, "t/File", "t/file", "t/other", "t/Dir/1", "t/dir/2");
    const { status, stderr } = await run("put", "-r", "t", at("/"));
    assert.equal(status, 7);
    const stored = Object.keys(contents(share));
    // Which is the first is for the local file system to say.
    assert.equal(stored.filter((path) => path.toLowerCase() === "t/file").length, 1);
    assert.equal(stored.filter((path) => /^t\/dir\//i.test(path)).length, 1);
    assert.equal(stored.includes("t/other"), true);
    assert.match(stderr, /t\/[Ff]ile is not stored as \\t\\[Ff]ile: .*, the same name there$/m);
    assert.match(stderr, /t\/[Dd]ir is not stored as \\t\\[Dd]ir: /m);
    assert.deepEqual(
      readdirSync(join(share, "t")).filter((name) => name.includes("smbx")),
      [],
    );
  });

  it("put -r: directories of one name hold what both have, but no file of the one replaces the other's", async () => {
    make(local, "a/d/x", "a/d/1", "b/d/x", "b/d/2");
    const { status } = await run("put", "-r", "a/d", "b/d", at("/"));
    assert.equal(status, 7);
    assert.deepEqual(contents(share), { "d/1": "a/d/1", "d/2": "b/d/2", "d/x": "a/d/x" });
  });

  it("put -r: a server that tells case apart gets both", async () => {
    make(local, "t/File", "t/file", "t/Dir/1", "t/dir/2");
    const { status, stderr } = await run("put", "-r", "t", at("/", "exact"));
    assert.equal(status, 0, stderr);
    assert.equal(Object.keys(contents(samba.sharePath("exact"))).length, 4);
  });

  it("get: the second of a name fails, the first stays", async () => {
    make(share, "a/x", "b/x", "b/y");
    const { status, stderr } = await run("get", at("/a/x"), at("/b/x"), at("/b/y"), ".");
    assert.equal(status, 7, stderr);
    assert.match(stderr, /^\\b\\x is not fetched as .*\/x: \\a\\x goes to .*\/x too$/m);
    assert.deepEqual(contents(local), { x: "a/x", y: "b/y" });
  });

  it("get with masks", async () => {
    make(share, "a/x", "b/x", "b/y");
    const { status } = await run("get", at("/a/*"), at("/b/*"), ".");
    assert.equal(status, 7);
    assert.deepEqual(contents(local), { x: "a/x", y: "b/y" });
  });

  it("get -r: a local file system that tells case apart gets both", async () => {
    make(samba.sharePath("exact"), "t/File", "t/file");
    const { status, stderr } = await run("get", "-r", at("/t", "exact"), ".");
    assert.equal(status, 0, stderr);
    assert.equal(Object.keys(contents(local)).length, 2);
  });

  for (const env of [{}, { SMBX_COMPAT: "smbclient" }]) {
    const name = "SMBX_COMPAT" in env ? "as smbclient: " : "";
    it(`${name}mget and mput of several masks`, async () => {
      make(share, "a/x", "b/x", "b/y");
      const fetched = await shell("mget a\\* b\\*", env);
      assert.match(fetched.stdout + fetched.stderr, /^\\b\\x is not fetched as /m);
      assert.notEqual(fetched.status, 0);
      assert.deepEqual(contents(local), { x: "a/x", y: "b/y" });
      make(local, "c/z", "d/z");
      const stored = await shell("mput c/z d/z", env);
      assert.match(stored.stdout + stored.stderr, /d\/z is not stored as \\z: /m);
      assert.notEqual(stored.status, 0);
      assert.equal(contents(share)["z"], "c/z");
    });
  }

  it("masks that both name a file take it twice", async () => {
    make(share, "a.txt");
    assert.equal((await shell("mget a* *.txt")).status, 0);
    assert.equal((await run("get", at("/a.txt"), at("/a.txt"), ".")).status, 0);
    assert.equal((await run("put", "a.txt", "a.txt", at("/"))).status, 0);
  });
});
