import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { type Finished, runProgram } from "../../support/program.ts";
import { diskOf, emptyShare, peer } from "../support/peer.ts";

/** The program as built, in the guest's checkout. */
const SMBX = "/project/bin/smbx.cjs";
const remote = diskOf(peer.share);

describe("the program and ksmbd over TCP", () => {
  let local: string;

  before(() => {
    local = mkdtempSync(join(tmpdir(), "smbx-lab-"));
  });
  after(() => rmSync(local, { recursive: true, force: true }));
  beforeEach(() => emptyShare());

  function smbx(args: readonly string[], input = ""): Promise<Finished> {
    return runProgram(process.execPath, [SMBX, ...args], {
      cwd: local,
      env: { USER: peer.username, PASSWD: peer.password },
      input,
      timeoutMs: 120_000,
    });
  }

  it("a session of many commands", async () => {
    writeFileSync(join(local, "one.txt"), "one\n");
    const commands = [
      "mkdir d",
      "cd d",
      "put one.txt two.txt",
      "ls",
      "allinfo two.txt",
      "rename two.txt three.txt",
      "get three.txt back.txt",
      "du",
      "cd ..",
      "volume",
      "deltree d",
      "ls",
    ];
    const { status, stdout, stderr } = await smbx([
      `//${peer.host}/${peer.share}`,
      "-c",
      commands.join("; "),
    ]);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^ {2}two\.txt +\S* +4 /m);
    assert.equal(readFileSync(join(local, "back.txt"), "utf8"), "one\n");
    assert.deepEqual(readdirSync(remote), []);
  });

  it("lists the shares", async () => {
    const { status, stdout, stderr } = await smbx(["-L", peer.host]);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^\tdata +Disk/im);
  });

  it("explains how it got there", async () => {
    const { stdout, stderr } = await smbx([
      "--explain",
      `//${peer.host}/${peer.share}`,
      "-c",
      "pwd",
    ]);
    assert.match(stdout + stderr, /3\.1\.1/);
  });

  it("ends with a status of its own where the password is wrong", async () => {
    const { status, stderr, stdout } = await smbx([
      `//${peer.host}/${peer.share}`,
      "-U",
      `${peer.username}%wrong`,
      "-c",
      "ls",
    ]);
    assert.notEqual(status, 0);
    assert.match(stdout + stderr, /LOGON_FAILURE/);
  });
});
