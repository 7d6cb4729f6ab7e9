import assert from "node:assert/strict";
import {
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
import { type Finished, runProgram, smbxCommand } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

const skip =
  process.platform === "linux" ? (sambaUnavailable() ?? false) : "names are Unicode on this system";

describe("local names that are not UTF-8", { skip }, () => {
  let samba: Samba;
  let share: string;
  let base: string;
  let local: string;

  before(async () => {
    samba = await startSamba();
    share = samba.sharePath("share");
    base = mkdtempSync(join(tmpdir(), "smbx-bytes-"));
    local = join(base, "work");
  });

  after(async () => {
    await samba.stop();
    rmSync(base, { recursive: true, force: true });
  });

  beforeEach(() => {
    for (const place of [local, share]) {
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place);
    }
    mkdirSync(bytes("d\xe9"));
    writeFileSync(bytes("caf\xe9.txt"), "bytes");
    writeFileSync(join(local, "fine.txt"), "fine");
    writeFileSync(join(share, "x"), "from the server");
  });

  /** A path below the local directory, a byte for each character. */
  function bytes(name: string): Buffer {
    return Buffer.concat([Buffer.from(`${local}/`), Buffer.from(name, "latin1")]);
  }

  /** What is in the local directory, a character for each byte. */
  function localNames(directory = ""): string[] {
    return readdirSync(bytes(directory), { encoding: "buffer" })
      .map((name) => name.toString("latin1"))
      .sort();
  }

  /** Runs smbx by a shell, which knows how to give bytes: `\351` for one. */
  function inShell(line: string): Promise<Finished> {
    const smbx = `"${process.execPath}" ${smbxCommand().join(" ")}`;
    const script = line.replaceAll("SMBX", smbx).replaceAll("E9", "$(printf '\\351')");
    const user = { USER: samba.username, PASSWD: samba.password };
    return runProgram("sh", ["-c", script], { cwd: local, env: user });
  }

  function at(path: string): string {
    return `//${samba.host}:${samba.port}/share${path}`;
  }

  const commands: readonly (readonly [
    title: string,
    line: (at: (path: string) => string) => string,
  ])[] = [
    ["put of such a file", (at) => `SMBX put "cafE9.txt" ${at("/")}`],
    ["get into such a directory", (at) => `SMBX get ${at("/x")} "dE9/all"`],
    ["get -r, which makes directories", (at) => `SMBX get -r ${at("/")} "nE9w/all"`],
    ["get in -c", (at) => `SMBX ${at("")} -c "get x dE9/all"`],
    ["put in -c", (at) => `SMBX ${at("")} -c "put cafE9.txt"`],
    ["lcd in -c", (at) => `SMBX ${at("")} -c "lcd dE9; get x"`],
  ];
  for (const [title, line] of commands) {
    it(`refuses ${title}, and says why`, async () => {
      const { status, stderr } = await inShell(line(at));
      assert.equal(status, 2, stderr);
      assert.match(stderr, /^smbx: argument \d is not valid UTF-8: /);
      assert.deepEqual(localNames(), ["caf\xe9.txt", "d\xe9", "fine.txt"]);
      assert.deepEqual(localNames("d\xe9"), []);
      assert.deepEqual(readdirSync(share), ["x"]);
    });
  }

  it("refuses them on lines of standard input", async () => {
    const lines = "get x dE9/all; put cafE9.txt; lcd dE9; mput dE9/*".split("; ");
    for (const line of lines) {
      const { status, stderr } = await inShell(`echo "${line}" | SMBX ${at("")}`);
      assert.equal(status, 7, `${line}: ${stderr}`);
      assert.match(stderr, / is not used: this name is not UTF-8/, line);
    }
    assert.deepEqual(localNames(), ["caf\xe9.txt", "d\xe9", "fine.txt"]);
    assert.deepEqual(readdirSync(share), ["x"]);
  });

  it("refuses local names where the current directory has such a name, and works with others", async () => {
    for (const command of [`get ${at("/x")} .`, `get ${at("/x")} y`, `${at("")} -c "mget x"`]) {
      const { status, stderr } = await inShell(`cd "dE9" && SMBX ${command}`);
      assert.notEqual(status, 0, command);
      assert.match(stderr, /the name of the local directory is not UTF-8/, command);
    }
    assert.deepEqual(localNames(), ["caf\xe9.txt", "d\xe9", "fine.txt"]);
    const fine = await inShell(`cd "dE9" && SMBX get ${at("/x")} ${local}/y`);
    assert.equal(fine.status, 0, fine.stderr);
    const listing = await inShell(`cd "dE9" && SMBX ls ${at("/x")}`);
    assert.equal(listing.status, 0, listing.stderr);
  });

  it("reports them in directories by their bytes, and stores the others", async () => {
    const { status, stderr } = await inShell(
      `SMBX put -r . ${at("/t/")}; SMBX put -r . ${at("/t")}`,
    );
    assert.equal(status, 7, stderr);
    assert.match(stderr, /^"caf\\xe9\.txt" is not stored: its name is not UTF-8/m);
    assert.match(stderr, /^"d\\xe9" is not stored: its name is not UTF-8/m);
    assert.deepEqual(readdirSync(join(share, "t")), ["fine.txt"]);
  });

  it("does not write beside where a link leads", async () => {
    symlinkSync(Buffer.from("caf\xe9.txt", "latin1"), join(local, "link"));
    const { status, stderr } = await inShell(`SMBX get ${at("/x")} link`);
    assert.equal(status, 7, stderr);
    assert.match(stderr, /link leads to ".*caf\\xe9\.txt", a name that is not UTF-8/);
    assert.deepEqual(localNames(), ["caf\xe9.txt", "d\xe9", "fine.txt", "link"]);
    assert.equal(readFileSync(bytes("caf\xe9.txt"), "utf8"), "bytes");
  });

  it("takes names that really hold U+FFFD, and fetches them", async () => {
    writeFileSync(join(local, "\ufffd.txt"), "real");
    const put = await inShell(`SMBX put "\ufffd.txt" ${at("/")}`);
    assert.equal(put.status, 0, put.stderr);
    rmSync(join(local, "\ufffd.txt"));
    const get = await inShell(`SMBX ${at("")} -c "get \ufffd.txt"`);
    assert.equal(get.status, 0, get.stderr);
    assert.equal(readFileSync(join(local, "\ufffd.txt"), "utf8"), "real");
  });

  it("moves what they name by standard input and output", async () => {
    const put = await inShell(`SMBX put - ${at("/y")} <"cafE9.txt"`);
    assert.equal(put.status, 0, put.stderr);
    assert.equal(readFileSync(join(share, "y"), "utf8"), "bytes");
  });
});
