import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { type Finished, runSmbx } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

const skip = sambaUnavailable() ?? false;
const AS_SMBCLIENT = { SMBX_COMPAT: "smbclient" };

describe("what commands make of names and masks", { skip }, () => {
  let samba: Samba;
  let share: string;
  let base: string;
  let local: string;

  before(async () => {
    samba = await startSamba();
    share = samba.sharePath("share");
    base = mkdtempSync(join(tmpdir(), "smbx-names-"));
    local = join(base, "work");
  });

  after(async () => {
    await samba.stop();
    rmSync(base, { recursive: true, force: true });
  });

  beforeEach(() => {
    rmSync(local, { recursive: true, force: true });
    mkdirSync(local);
    for (const name of readdirSync(share)) rmSync(join(share, name), { recursive: true });
  });

  /** Runs commands of the shell in the local directory. */
  function shell(commands: string, env: Record<string, string> = {}): Promise<Finished> {
    const place = ["//127.0.0.1/share", "-p", String(samba.port)];
    const user = ["-U", `${samba.username}%${samba.password}`];
    return runSmbx([...place, ...user, "-c", commands], { cwd: local, env });
  }

  /** Runs a subcommand. */
  function run(...args: readonly string[]): Promise<Finished> {
    const env = { USER: samba.username, PASSWD: samba.password };
    return runSmbx(args, { cwd: local, env });
  }

  function at(path = ""): string {
    return `//${samba.host}:${samba.port}/share${path}`;
  }

  function write(...names: readonly string[]): void {
    for (const name of names) writeFileSync(join(local, name), name);
  }

  function stored(): string[] {
    return readdirSync(share, { recursive: true }).map(String).sort();
  }

  describe("put without a remote name", () => {
    beforeEach(() => {
      write("log-12:30.txt", "a\\b.txt", "plain.txt");
      mkdirSync(join(share, "a"));
    });

    for (const command of ["put", "reput"]) {
      for (const name of ["log-12:30.txt", "./log-12:30.txt", "a\\b.txt"]) {
        it(`${command} refuses ${name}, which means something else to a server`, async () => {
          const { status, stderr } = await shell(`${command} ${name}`);
          assert.equal(status, 7, stderr);
          assert.match(stderr, / is not stored: (?:a colon|it has a path separator)/);
          assert.match(stderr, /Say what its name is to be there: put \S+ NAME/);
          assert.deepEqual(stored(), ["a"]);
        });
      }
    }

    it("takes the name of ./plain.txt and of a path that leads elsewhere", async () => {
      assert.equal((await shell(`put ./plain.txt; put ${local}/plain.txt a`)).status, 0);
      assert.deepEqual(stored(), ["a", "a/plain.txt", "plain.txt"]);
    });

    it("refuses such a name in a remote directory too", async () => {
      const { status } = await shell("put log-12:30.txt a");
      assert.equal(status, 7);
      assert.deepEqual(stored(), ["a"]);
    });

    it("takes a path and a stream that are named by hand", async () => {
      assert.equal((await shell("put a\\b.txt a\\c.txt")).status, 0);
      assert.deepEqual(stored(), ["a", "a/c.txt"]);
      // A share without streams: that the server says so shows that it was asked.
      const { stderr } = await shell("put plain.txt a\\c.txt:12");
      assert.match(stderr, /^NT_STATUS_OBJECT_NAME_INVALID opening remote file \\a\\c\.txt:12$/m);
    });

    it("as smbclient sends the name as it is", async () => {
      assert.equal((await shell("put a\\b.txt", AS_SMBCLIENT)).status, 0);
      assert.deepEqual(stored(), ["a", "a/b.txt"]);
    });
  });

  describe("mput", () => {
    beforeEach(() => {
      write("A.TXT", "b.txt", "c.log");
      mkdirSync(join(local, "d"));
      write("d/e.txt", "d/f.log");
    });

    it("matches masks whatever the case", async () => {
      for (const env of [{}, AS_SMBCLIENT]) {
        assert.equal((await shell("prompt; mput *.txt", env)).status, 0);
        assert.deepEqual(stored(), ["A.TXT", "b.txt"]);
        assert.equal((await shell("prompt; mput C.LOG", env)).status, 0);
        assert.deepEqual(stored(), ["A.TXT", "b.txt", "c.log"]);
        for (const name of stored()) rmSync(join(share, name));
      }
    });

    it("prefers the name that is there as it is written", async () => {
      write("a.txt");
      assert.equal((await shell("prompt; mput a.txt")).status, 0);
      assert.deepEqual(stored(), ["a.txt"]);
    });

    it("fails as what is missing where nothing matches", async () => {
      const { status, stderr } = await shell("prompt; mput nosuch*; mput c.log");
      assert.equal(status, 5);
      assert.match(stderr, /^no local file matches nosuch\*$/m);
      assert.deepEqual(stored(), ["c.log"]);
      assert.equal((await shell("prompt; mput nosuch*", AS_SMBCLIENT)).status, 0);
    });

    it("does not look at the mask setting", async () => {
      for (const env of [{}, AS_SMBCLIENT]) {
        assert.equal((await shell("prompt; mask *.log; recurse; mput d", env)).status, 0);
        assert.deepEqual(stored(), ["d", "d/e.txt", "d/f.log"]);
        rmSync(join(share, "d"), { recursive: true });
      }
    });

    it("as smbclient fails when a file could not be stored", async () => {
      write("q?.txt");
      const { status, stdout } = await shell("prompt; mput q*", AS_SMBCLIENT);
      assert.equal(status, 1);
      assert.match(stdout, /NT_STATUS_OBJECT_NAME_INVALID opening remote file \\q\?\.txt/);
    });

    it("takes the other masks when one fails", async () => {
      const { status } = await shell("prompt; mput nosuch* c.log");
      assert.equal(status, 5);
      assert.deepEqual(stored(), ["c.log"]);
    });
  });

  describe("a directory without recurse", () => {
    beforeEach(() => {
      for (const place of [local, share]) {
        mkdirSync(join(place, "docs"));
        writeFileSync(join(place, "a.txt"), "a");
      }
    });

    for (const command of ["mget", "mput"]) {
      it(`is reported when ${command} passes over it`, async () => {
        const { status, stderr } = await shell(`prompt; ${command} *`);
        assert.equal(status, 0, stderr);
        assert.match(stderr, /^docs is a directory and passed over: recurse is off$/m);
        const silent = await shell(`prompt; ${command} *`, AS_SMBCLIENT);
        assert.doesNotMatch(silent.stderr + silent.stdout, /docs/);
      });

      it(`is not what ${command} takes when it is asked for by name`, async () => {
        const { status, stderr } = await shell(`prompt; ${command} docs`);
        assert.equal(status, 1);
        assert.match(
          stderr,
          /^docs is a directory: with recurse on, m(?:get|put) \w+ directories$/m,
        );
      });

      it(`${command} fails where nobody answers its questions`, async () => {
        rmSync(join(command === "mget" ? local : share, "a.txt"));
        const { status, stderr } = await shell(`${command} *`);
        assert.equal(status, 1);
        assert.match(stderr, /standard input ended at the question "(?:Get|Put) file a\.txt\?"/);
        assert.equal(existsSync(join(command === "mget" ? local : share, "a.txt")), false);
      });
    }
  });

  describe("setmode", () => {
    it("takes signs in the midst of a word", async () => {
      writeFileSync(join(share, "x"), "");
      assert.equal((await shell("setmode x +r-a; setmode x +h+s; setmode x -r h")).status, 0);
      assert.match((await shell("ls x")).stdout, /^ {2}x +S /m);
    });
  });

  describe("mv", () => {
    beforeEach(() => {
      mkdirSync(join(share, "folder"));
      mkdirSync(join(share, "other"));
      writeFileSync(join(share, "folder", "x"), "x");
    });

    it("spells the name of a directory, or a file, otherwise", async () => {
      assert.equal((await run("mv", at("/folder"), at("/FOLDER"))).status, 0);
      assert.deepEqual(stored(), ["FOLDER", "FOLDER/x", "other"]);
      assert.equal((await run("mv", at("/FOLDER/x"), at("/FOLDER/X"))).status, 0);
      assert.deepEqual(stored(), ["FOLDER", "FOLDER/X", "other"]);
    });

    it("moves no directory into itself, and the others nevertheless", async () => {
      const { status, stderr } = await run("mv", at("/*"), at("/FOLDER"));
      assert.equal(status, 1, stderr);
      assert.match(stderr, /^\\folder cannot be moved into itself, \\FOLDER$/m);
      assert.deepEqual(stored(), ["folder", "folder/other", "folder/x"]);
      assert.equal((await run("mv", at("/folder"), at("/folder/other/"))).status, 1);
      assert.deepEqual(stored(), ["folder", "folder/other", "folder/x"]);
    });

    it("still moves a directory into another", async () => {
      assert.equal((await run("mv", at("/folder"), at("/other"))).status, 0);
      assert.deepEqual(stored(), ["other", "other/folder", "other/folder/x"]);
    });
  });
});
