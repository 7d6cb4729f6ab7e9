import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { connect, DirectoryEntryError, entryPath, walkTree } from "../../src/index.ts";
import { type Finished, runSmbx } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

const skip = sambaUnavailable() ?? false;

/** Shares whose disk holds what other programs put there, as smbd shows it. */
describe("what a server lists", { skip }, () => {
  let samba: Samba;
  let local: string;

  before(async () => {
    samba = await startSamba({
      global: { "mangling method": "hash" },
      shares: [
        {
          name: "plain",
          parameters: { "mangled names": "no" },
        },
        { name: "short", parameters: { "mangled names": "yes" } },
        { name: "loops" },
      ],
    });
    local = mkdtempSync(join(tmpdir(), "smbx-listed-"));
  });

  after(async () => {
    await samba.stop();
    rmSync(local, { recursive: true, force: true });
  });

  /** Makes files by path, directories for what ends with a slash, in a share that was emptied. */
  function fill(name: string, paths: readonly string[]): string {
    const share = samba.sharePath(name);
    for (const each of readdirSync(share)) rmSync(join(share, each), { recursive: true });
    for (const path of paths) {
      if (path.endsWith("/")) mkdirSync(join(share, path), { recursive: true });
      else writeFileSync(join(share, path), path);
    }
    return share;
  }

  function run(personality: string, args: readonly string[]): Promise<Finished> {
    return runSmbx(args, {
      cwd: local,
      env: { USER: samba.username, PASSWD: samba.password, SMBX_COMPAT: personality },
    });
  }

  function job(...args: readonly string[]): Promise<Finished> {
    return run("", args);
  }

  /** A place on a share. */
  function at(path: string): string {
    return `//${samba.host}:${samba.port}/${path}`;
  }

  function shell(share: string, commands: string, personality = ""): Promise<Finished> {
    const target = [`//${samba.host}/${share}`, "-p", String(samba.port)];
    return run(personality, [...target, "-c", commands]);
  }

  describe("names with a separator in them", () => {
    let share: string;

    beforeEach(() => {
      share = fill("plain", ["sub/", "d/e/", "sub/keep.txt", "sub\\keep.txt", "a.txt"]);
      for (const path of ["d/keep.txt", "d/e/..\\keep.txt", "d/e/f.txt"]) {
        writeFileSync(join(share, path), "x");
      }
    });

    function expectKept({ status, stdout, stderr }: Finished, entry: string): void {
      assert.ok(existsSync(join(share, "sub/keep.txt")), "another file is gone");
      assert.ok(existsSync(join(share, "d/keep.txt")), "another file is gone");
      assert.notEqual(status, 0);
      assert.ok((stdout + stderr).includes(`The entry "${entry}" of`), stdout + stderr);
    }

    for (const personality of ["", "smbclient"]) {
      it(`are reported by del, which deletes the others, as ${personality || "smbx"}`, async () => {
        expectKept(await shell("plain", "del *", personality), "sub\\keep.txt");
        assert.equal(existsSync(join(share, "a.txt")), false);
      });

      it(`are reported by deltree, which deletes no other file, as ${personality || "smbx"}`, async () => {
        expectKept(await shell("plain", "deltree d\\e", personality), "..\\keep.txt");
      });
    }

    it("are reported by del in the current directory", async () => {
      expectKept(await shell("plain", "cd d\\e; del *"), "..\\keep.txt");
      assert.equal(existsSync(join(share, "d/e/f.txt")), false);
    });

    it("are reported by rm, which deletes the others", async () => {
      expectKept(await job("rm", at("plain/*.txt")), "sub\\keep.txt");
      assert.equal(existsSync(join(share, "a.txt")), false);
      expectKept(await job("rm", "-r", at("plain/d/e")), "..\\keep.txt");
      assert.deepEqual(readdirSync(join(share, "d/e")), ["..\\keep.txt"]);
    });

    it("are reported by get, cat, stat, mv and ls --json", async () => {
      for (const args of [
        ["get", at("plain/*.txt"), "."],
        ["cat", at("plain/*.txt")],
        ["stat", at("plain/*.txt")],
        ["mv", at("plain/*.txt"), at("plain/d")],
        ["ls", "--json", at("plain")],
      ]) {
        const finished = await job(...args);
        assert.notEqual(finished.status, 0, args[0]);
        assert.match(finished.stderr, /sub\\+keep\.txt"/, args[0]);
        assert.ok(existsSync(join(share, "sub/keep.txt")), args[0]);
      }
    });

    it("of directories are not entered", async () => {
      mkdirSync(join(share, "d\\e"));
      for (const args of [["ls", "-r"], ["du"], ["get", "-r"]]) {
        const place =
          args[0] === "get" ? [at("plain"), mkdtempSync(join(local, "to-"))] : [at("plain")];
        const { status, stderr } = await job(...args, ...place);
        assert.notEqual(status, 0, args[0]);
        assert.match(stderr, /"d\\e"/, args[0]);
      }
    });

    it("throw where a program makes a path of them, and a walk names them", async () => {
      await using client = await connect(`smb://${samba.host}:${samba.port}`, {
        username: samba.username,
        password: samba.password,
      });
      const tree = await client.connectTree("plain");
      const faults: string[] = [];
      for await (const { walked } of walkTree(tree, "")) {
        if (walked.fault !== undefined) faults.push(walked.entry.name);
      }
      assert.deepEqual(faults.sort(), ["..\\keep.txt", "sub\\keep.txt"]);
      for (const name of ["a\\b", "a/b", "a:b", "a\0", ".", "..", ""]) {
        assert.throws(() => entryPath("d", name), DirectoryEntryError, name);
      }
      assert.equal(entryPath("d", "a b.txt"), "d\\a b.txt");
    });
  });

  it("names with a colon are no streams of other files", async () => {
    const share = fill("plain", ["log", "log:12.txt"]);
    const removed = await job("rm", at("plain/log*"));
    assert.notEqual(removed.status, 0);
    assert.match(removed.stderr, /"log:12\.txt" of .*stream/);
    assert.deepEqual(readdirSync(share), ["log:12.txt"]);
    const fetched = await job("get", at("plain/log*"), mkdtempSync(join(local, "to-")));
    assert.notEqual(fetched.status, 0);
    assert.match(fetched.stderr, /"log:12\.txt" of .*stream/);
  });

  it("a directory whose name is a mask is removed alone", async () => {
    const share = fill("plain", ["*/", "keep/"]);
    writeFileSync(join(share, "*", "x"), "x");
    writeFileSync(join(share, "keep", "x"), "x");
    const { stderr } = await job("rm", "-r", at("plain/?"));
    assert.deepEqual(readdirSync(share).sort().at(-1), "keep", stderr);
    assert.ok(existsSync(join(share, "keep", "x")));
  });

  describe("short names", () => {
    let share: string;
    const names = ["page.html", "a.xlsx", "b.xls", "nodot", "a.htm"];

    beforeEach(() => {
      share = fill("short", names);
    });

    function left(): readonly string[] {
      return readdirSync(share).sort();
    }

    it("match no mask of rm, del, deltree, ls, get or mv", async () => {
      assert.equal((await job("rm", at("short/*.htm"))).status, 0);
      assert.deepEqual(left(), ["a.xlsx", "b.xls", "nodot", "page.html"]);
      await shell("short", "del *.xls");
      assert.deepEqual(left(), ["a.xlsx", "nodot", "page.html"]);
      await shell("short", "deltree *.htm; deltree *.xls");
      assert.deepEqual(left(), ["a.xlsx", "nodot", "page.html"]);
      const listed = await job("ls", at("short/*.htm"));
      assert.equal(listed.status, 5, listed.stdout);
    });

    it("can be typed as they are", async () => {
      const { stdout } = await shell("short", "altname page.html");
      const shortName = stdout.trim().split("\n").at(-1) ?? "";
      assert.match(shortName, /~/);
      assert.equal((await shell("short", `del ${shortName}`)).status, 0);
      assert.deepEqual(left(), ["a.htm", "a.xlsx", "b.xls", "nodot"]);
    });

    it("leave *.* what it is: all names", async () => {
      assert.equal((await shell("short", "del *.*")).status, 0);
      assert.deepEqual(left(), []);
    });
  });

  describe("directories that lead into themselves", () => {
    let share: string;

    beforeEach(() => {
      share = fill("loops", ["d/sub/", "keep/"]);
      writeFileSync(join(share, "keep", "k"), "keep");
      writeFileSync(join(share, "d", "a"), "a");
      writeFileSync(join(share, "d", "sub", "b"), "b");
      for (const name of ["loop", "loop2"]) {
        symlinkSync(".", join(share, "d", name));
        symlinkSync("../..", join(share, "d", "sub", name));
      }
    });

    it("end ls, du and get, which report them and do the rest", async () => {
      const listed = await job("ls", "-r", at("loops/d"));
      assert.match(listed.stderr, /\\d\\loop leads back/);
      assert.match(listed.stdout, /\n {2}b /);
      assert.notEqual(listed.status, 0);
      const summed = await job("du", at("loops"));
      assert.match(summed.stderr, /leads back/);
      assert.match(summed.stdout, /^6\t/);
      const to = mkdtempSync(join(local, "to-"));
      const fetched = await job("get", "-r", at("loops"), to);
      assert.match(fetched.stderr, /leads back/);
      assert.notEqual(fetched.status, 0);
      assert.equal(readFileSync(join(to, "loops", "d", "sub", "b"), "utf8"), "b");
      for (const command of ["ls", "du"]) {
        const { status, stderr } = await shell("loops", `recurse; ${command}`);
        assert.match(stderr, /leads back/, command);
        assert.notEqual(status, 0, command);
      }
    });

    it("are not deleted through", async () => {
      const removed = await job("rm", "-r", at("loops/d/sub"));
      assert.match(removed.stderr, /\\d\\sub\\loop leads back/);
      assert.notEqual(removed.status, 0);
      assert.deepEqual(readdirSync(join(share, "d", "sub")).sort(), ["loop", "loop2"]);
      const tree = await shell("loops", "deltree d");
      assert.notEqual(tree.status, 0);
      assert.match(tree.stderr, /leads back/);
      assert.ok(existsSync(join(share, "keep", "k")));
    });
  });
});
