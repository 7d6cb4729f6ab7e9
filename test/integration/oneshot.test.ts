import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { type Finished, runProgram, runSmbx, smbxCommand } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

const skip = sambaUnavailable() ?? false;

describe("a subcommand", { skip }, () => {
  let samba: Samba;
  let share: string;
  let local: string;
  let base: string;

  before(async () => {
    samba = await startSamba({ shares: [{ name: "share" }, { name: "other" }] });
    share = samba.sharePath("share");
    base = mkdtempSync(join(tmpdir(), "smbx-oneshot-"));
    local = join(base, "work");
  });

  after(async () => {
    await samba.stop();
    rmSync(base, { recursive: true, force: true });
  });

  beforeEach(() => {
    rmSync(local, { recursive: true, force: true });
    mkdirSync(join(local, "tree", "deep"), { recursive: true });
    writeFileSync(join(local, "one.txt"), "one\n");
    writeFileSync(join(local, "tree", "two.txt"), "two\n");
    writeFileSync(join(local, "tree", "deep", "three.txt"), "three\n");
    for (const name of readdirSync(share)) rmSync(join(share, name), { recursive: true });
    mkdirSync(join(share, "dir", "sub"), { recursive: true });
    writeFileSync(join(share, "hello.txt"), "hello world\n");
    writeFileSync(join(share, "dir", "a b%.txt"), "a");
    writeFileSync(join(share, "dir", "sub", "c.txt"), "ccc");
  });

  /** A place on the share. */
  function at(path = ""): string {
    return `//${samba.host}:${samba.port}/share${path}`;
  }

  function run(...args: readonly string[]): Promise<Finished> {
    return runSmbx(args, {
      cwd: local,
      env: { USER: samba.username, PASSWD: samba.password },
    });
  }

  it("never tells the password in a URL", async () => {
    const url = (path: string) => `smb://anna:s3cret@127.0.0.1:1${path}`;
    const runs = [
      ["ls", url("")],
      ["rm", url("")],
      [url("")],
      ["mkdir", url("")],
      ["x", "y", "s3cret"],
    ];
    for (const args of runs) {
      const { status, stdout, stderr } = await run(...args);
      assert.equal(status, 2, args.join(" "));
      assert.doesNotMatch(stdout + stderr, /s3cret/);
    }
    const good = `smb://${samba.username}:${samba.password}@${samba.host}:${samba.port}/share`;
    const failing = [
      ["rm", good],
      ["put", "one.txt", `${good}/nosuch/`],
      ["put", "one.txt", `${good}/*`],
      ["mv", `${good}/*`, `${good}/nosuch`],
    ];
    for (const args of failing) {
      const { status, stdout, stderr } = await run(...args);
      assert.equal(status, 2, args[0]);
      assert.equal((stdout + stderr).includes(samba.password), false, stderr);
    }
  });

  /** Runs what has to work and returns what it printed. */
  async function output(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await run(...args);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    return stdout;
  }

  async function objects(...args: readonly string[]): Promise<Record<string, unknown>[]> {
    const lines = (await output("--json", ...args)).split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The names at the front of the lines of `ls`, in order of name. */
  function names(listing: string): string[] {
    return [...listing.matchAll(/^ {2}(\S.*?) {2,}/gm)].map((match) => match[1] ?? "").sort();
  }

  describe("ls", () => {
    it("lists a directory, a file, a mask, several", async () => {
      assert.deepEqual(names(await output("ls", at())), ["dir", "hello.txt"]);
      assert.deepEqual(names(await output("ls", at("/hello.txt"))), ["hello.txt"]);
      assert.deepEqual(names(await output("ls", at("/*.txt"))), ["hello.txt"]);
      const both = await output("ls", at("/dir/sub"), at("/hello.txt"));
      assert.match(both, /^\n\\dir\\sub\n {2}c\.txt .*\n {2}hello\.txt/);
    });

    it("goes into directories with -r", async () => {
      const listing = await output("ls", "-r", at("/dir"));
      assert.deepEqual(names(listing), ["a b%.txt", "c.txt", "sub"]);
      assert.match(listing, /^\\dir\\sub\n {2}c\.txt/m);
    });

    it("prints an object for each entry", async () => {
      const time = new Date("2024-02-29T12:34:56.789Z");
      utimesSync(join(share, "dir", "sub", "c.txt"), time, time);
      const [entry] = await objects("ls", at("/dir/sub"));
      const { created, accessed, changed, id, allocated, ...rest } = entry ?? {};
      assert.deepEqual(rest, {
        type: "file",
        name: "c.txt",
        server: samba.host,
        share: "share",
        path: "dir/sub/c.txt",
        size: 3,
        attributes: "N",
        modified: "2024-02-29T12:34:56.789Z",
      });
      for (const text of [created, accessed, changed]) assert.match(String(text), /^\d{4}-.*Z$/);
      assert.match(String(id), /^0x[0-9a-f]+$/);
      assert.equal(typeof allocated, "number");
    });

    it("goes on after what is not there, and fails in the end", async () => {
      const { status, stdout, stderr } = await run("ls", at("/nosuch"), at("/hello.txt"));
      assert.equal(status, 5);
      assert.deepEqual(names(stdout), ["hello.txt"]);
      assert.match(stderr, /^NT_STATUS_OBJECT_NAME_NOT_FOUND listing \\nosuch$/m);
    });

    it("tells a failure as an object too", async () => {
      const { stdout, stderr } = await run("ls", "--json", at("/nosuch"));
      assert.notEqual(stderr, "");
      assert.deepEqual(JSON.parse(stdout), {
        event: "failure",
        message: "NT_STATUS_OBJECT_NAME_NOT_FOUND listing \\nosuch",
        status: "NT_STATUS_OBJECT_NAME_NOT_FOUND",
        code: "ERR_SMB_NT_STATUS",
      });
    });
  });

  describe("get", () => {
    it("fetches into a directory, under a new name, and here", async () => {
      await output("get", at("/hello.txt"), "tree");
      await output("get", at("/hello.txt"), "new.txt");
      await output("get", at("/hello.txt"));
      for (const name of ["tree/hello.txt", "new.txt", "hello.txt"]) {
        assert.equal(readFileSync(join(local, name), "utf8"), "hello world\n", name);
      }
    });

    it("keeps the time unless it is told not to", async () => {
      const time = new Date("2024-02-29T12:34:56Z");
      utimesSync(join(share, "hello.txt"), time, time);
      await output("get", at("/hello.txt"), "kept");
      await output("get", "--no-times", at("/hello.txt"), "new");
      assert.equal(statSync(join(local, "kept")).mtimeMs, time.getTime());
      assert.notEqual(statSync(join(local, "new")).mtimeMs, time.getTime());
    });

    it("fetches trees as cp copies them", async () => {
      await output("get", "-r", at("/dir"), "copy");
      assert.equal(readFileSync(join(local, "copy", "sub", "c.txt"), "utf8"), "ccc");
      await output("get", "-r", at("/dir"), "tree");
      assert.equal(readFileSync(join(local, "tree", "dir", "a b%.txt"), "utf8"), "a");
      await output("get", "-r", at(), "whole");
      assert.deepEqual(readdirSync(join(local, "whole")).sort(), ["dir", "hello.txt"]);
    });

    it("fetches what a mask names and several sources", async () => {
      await output("get", at("/*.txt"), at("/dir/sub/c.txt"), "tree");
      assert.deepEqual(readdirSync(join(local, "tree")).sort(), [
        "c.txt",
        "deep",
        "hello.txt",
        "two.txt",
      ]);
    });

    it("reads URLs with their escapes", async () => {
      await output("get", `smb://${samba.host}:${samba.port}/share/dir/a%20b%25.txt`, "x");
      assert.equal(readFileSync(join(local, "x"), "utf8"), "a");
    });

    it("writes to standard output", async () => {
      assert.equal(await output("get", at("/hello.txt"), "-"), "hello world\n");
      assert.equal(await output("cat", at("/hello.txt"), at("/dir/sub/c.txt")), "hello world\nccc");
    });

    it("refuses a directory without -r, and many files for one name", async () => {
      const { status, stderr } = await run("get", at("/dir"), "x");
      assert.equal(status, 7);
      assert.match(stderr, /-r/);
      assert.equal(existsSync(join(local, "x")), false);
      assert.equal((await run("get", at("/*.txt"), "one.txt")).status, 2);
      assert.equal((await run("get", at("/hello.txt"), "nosuch/")).status, 2);
    });

    it("tells each file as an object, and the sum", async () => {
      const told = await objects("get", "-r", at("/dir"), "copy");
      const files = told.filter(({ event }) => event === "file");
      assert.deepEqual(files.map(({ path }) => path).sort(), ["dir/a b%.txt", "dir/sub/c.txt"]);
      const { ms, ...summary } = told.at(-1) ?? {};
      assert.deepEqual(summary, {
        event: "summary",
        files: 2,
        bytes: 4,
        failures: 0,
        notTried: 0,
        skipped: 0,
      });
      assert.equal(typeof ms, "number");
    });
  });

  describe("put", () => {
    it("stores into a directory and under a new name", async () => {
      await output("put", "one.txt", at("/dir"));
      await output("put", "one.txt", at("/new.txt"));
      await output("put", "one.txt", at());
      for (const name of ["dir/one.txt", "new.txt", "one.txt"]) {
        assert.equal(readFileSync(join(share, name), "utf8"), "one\n", name);
      }
    });

    it("stores trees and several files", async () => {
      await output("put", "-r", "tree", at("/copy"));
      assert.equal(readFileSync(join(share, "copy", "deep", "three.txt"), "utf8"), "three\n");
      await output("put", "-r", "tree", "one.txt", at("/dir"));
      assert.equal(readFileSync(join(share, "dir", "tree", "two.txt"), "utf8"), "two\n");
      assert.equal(readFileSync(join(share, "dir", "one.txt"), "utf8"), "one\n");
    });

    it("stores standard input", async () => {
      const finished = await runSmbx(["put", "-", at("/stdin.txt")], {
        env: { USER: samba.username, PASSWD: samba.password },
        input: "from a pipe",
      });
      assert.equal(finished.status, 0, finished.stderr);
      assert.equal(readFileSync(join(share, "stdin.txt"), "utf8"), "from a pipe");
    });

    it("stores standard input from where it stands", async () => {
      const path = join(local, "stands.txt");
      writeFileSync(path, "one two");
      const script = '{ read -r -n 4 skipped; exec "$@"; } < "$0"';
      const words = smbxCommand("put", "-", at("/stands.txt"));
      const finished = await runProgram("bash", ["-c", script, path, process.execPath, ...words], {
        env: { USER: samba.username, PASSWD: samba.password },
      });
      assert.equal(finished.status, 0, finished.stderr);
      assert.equal(readFileSync(join(share, "stands.txt"), "utf8"), "two");
    });

    it("tells of each pipe that it passes over", {
      skip: process.platform === "win32",
    }, async () => {
      mkdirSync(join(local, "pipes"));
      writeFileSync(join(local, "pipes", "file"), "f");
      for (const name of ["a", "b"]) execFileSync("mkfifo", [join(local, "pipes", name)]);
      const { status, stderr } = await run("put", "-r", "pipes", at("/pipes"));
      assert.equal(status, 0, stderr);
      assert.deepEqual(stderr.match(/pipes\/[ab] is passed over: it is a pipe$/gm)?.sort(), [
        "pipes/a is passed over: it is a pipe",
        "pipes/b is passed over: it is a pipe",
      ]);
      assert.deepEqual(readdirSync(join(share, "pipes")), ["file"]);
    });

    it("goes on after what is not there", async () => {
      const { status, stderr } = await run("put", "nosuch", "one.txt", at("/dir"));
      assert.equal(status, 5);
      assert.match(stderr, /^nosuch does not exist$/m);
      assert.equal(readFileSync(join(share, "dir", "one.txt"), "utf8"), "one\n");
    });

    it("refuses many files for one name", async () => {
      assert.equal((await run("put", "one.txt", "tree/two.txt", at("/hello.txt"))).status, 2);
    });
  });

  it("rm deletes files, with -r trees, and never a share's root", async () => {
    assert.equal((await run("rm", at("/dir"))).status, 1);
    await output("rm", at("/*.txt"));
    assert.deepEqual(readdirSync(share), ["dir"]);
    await output("rm", "-r", at("/dir"));
    assert.deepEqual(readdirSync(share), []);
    assert.equal((await run("rm", "-r", at())).status, 2);
    assert.equal((await run("rm", at("/nosuch"))).status, 5);
  });

  it("mkdir makes what is missing above", async () => {
    await output("mkdir", at("/x/y/z"));
    assert.ok(statSync(join(share, "x", "y", "z")).isDirectory());
    assert.equal((await run("mkdir", at("/x"))).status, 1);
  });

  it("mv renames, moves, and replaces nothing", async () => {
    await output("mv", at("/hello.txt"), at("/bye.txt"));
    await output("mv", at("/bye.txt"), at("/dir/sub/c.txt"), at("/dir"));
    assert.deepEqual(readdirSync(join(share, "dir")).sort(), [
      "a b%.txt",
      "bye.txt",
      "c.txt",
      "sub",
    ]);
    const { status } = await run("mv", at("/dir/bye.txt"), at("/dir/c.txt"));
    assert.equal(status, 1);
    assert.equal(readFileSync(join(share, "dir", "c.txt"), "utf8"), "ccc");
    const other = `//${samba.host}:${samba.port}/other/x`;
    assert.equal((await run("mv", at("/dir/bye.txt"), other)).status, 2);
  });

  it("du adds up", async () => {
    assert.match(await output("du", at()), /^16\t16 B\t\/\n$/);
    const [sum] = await objects("du", at("/dir"));
    const { allocated, ...rest } = sum ?? {};
    assert.deepEqual(rest, {
      server: samba.host,
      share: "share",
      path: "dir",
      size: 4,
      files: 2,
      directories: 1,
    });
    assert.equal(typeof allocated, "number");
  });

  it("stat tells what is known", async () => {
    assert.match(await output("stat", at("/hello.txt")), /^size: +12 /m);
    const [entry] = await objects("stat", at("/dir"));
    assert.equal(entry?.["type"], "directory");
    assert.equal(typeof entry?.["links"], "number");
  });

  it("shares lists them", async () => {
    const shares = await objects("shares", `//${samba.host}:${samba.port}`);
    assert.deepEqual(shares.map(({ name, type }) => `${name} ${type}`).sort(), [
      "IPC$ ipc",
      "other disk",
      "share disk",
    ]);
    assert.match(await output("shares", `${samba.host}:${samba.port}`), /^\tshare {11}Disk/m);
  });

  it("needs its operands", async () => {
    for (const name of ["ls", "get", "put", "cat", "rm", "mkdir", "mv", "du", "stat", "shares"]) {
      const { status, stderr } = await run(name);
      assert.equal(status, 2, name);
      assert.match(stderr, new RegExp(`^smbx: usage: smbx ${name} `));
    }
  });

  it("does nothing where one of its operands makes no sense", async () => {
    for (const wrong of ["hello.txt", "//", at().replace("/share", "")]) {
      const { status, stdout, stderr } = await run("rm", at("/hello.txt"), wrong);
      assert.deepEqual({ status, stdout }, { status: 2, stdout: "" }, wrong);
      assert.match(stderr, /^smbx: .*\n$/);
    }
    assert.equal((await run("rm", "-r", at("/hello.txt"), at("/"))).status, 2);
    assert.equal(existsSync(join(share, "hello.txt")), true);
  });
});
