import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { FaultRelay } from "../support/fault-relay.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { type Finished, runSmbx, SMBX } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

const skip = sambaUnavailable() ?? false;
const MANY = 300;

type Event = Readonly<Record<string, unknown>>;

describe("what a run reports", { skip }, () => {
  let samba: Samba;
  let base: string;
  let local: string;
  let share: string;

  before(async () => {
    samba = await startSamba();
    share = samba.sharePath("share");
    base = mkdtempSync(join(tmpdir(), "smbx-reports-"));
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
  });

  function makeMany(directory: string, count = MANY): void {
    mkdirSync(directory, { recursive: true });
    for (let n = 0; n < count; n += 1) writeFileSync(join(directory, `f${n}`), `content ${n}`);
  }

  function at(path = "", port = samba.port): string {
    return `//127.0.0.1:${port}/share${path}`;
  }

  function user(): Record<string, string> {
    return { USER: samba.username, PASSWD: samba.password };
  }

  function run(...args: readonly string[]): Promise<Finished> {
    return runSmbx(args, { cwd: local, env: user() });
  }

  function eventsIn(stdout: string): Event[] {
    const lines = stdout.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line) as Event);
  }

  function named(events: readonly Event[], name: string): readonly Event[] {
    return events.filter(({ event }) => event === name);
  }

  function start(args: readonly string[]): ChildProcess {
    const { PATH, HOME, TMPDIR } = process.env;
    return spawn(process.execPath, [SMBX, "--multichannel=off", ...args], {
      cwd: local,
      env: { PATH, HOME, TMPDIR, SMB_CONF_PATH: "/dev/null", ...user() },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: PATIENCE_MS,
    });
  }

  /** Runs smbx into a reader that leaves after the first bytes. */
  async function intoHead(...args: readonly string[]): Promise<number | null> {
    const child = start(args);
    child.stderr?.resume();
    const closed = once(child, "close") as Promise<[number | null]>;
    child.stdout?.once("data", () => child.stdout?.destroy());
    return (await closed)[0];
  }

  describe("to a reader that goes away", () => {
    it("does not end an upload", async () => {
      makeMany(join(local, "many"));
      assert.equal(await intoHead("put", "--json", "-r", "many", at("/")), 0);
      assert.equal(readdirSync(join(share, "many")).length, MANY);
    });

    it("does not end a download, nor replaces the status of a failure", async () => {
      makeMany(join(share, "many"));
      const sources = [at("/nosuch"), at("/many")];
      assert.equal(await intoHead("get", "--json", "-r", ...sources, "."), 5);
      assert.equal(readdirSync(join(local, "many")).length, MANY);
    });

    it("does not end a removal", async () => {
      makeMany(share);
      assert.equal(await intoHead("rm", "--json", at("/f*")), 0);
      assert.deepEqual(readdirSync(share), []);
    });

    it("ends a listing, with the status of what had failed by then", async () => {
      makeMany(join(share, "many"), 3000);
      assert.equal(await intoHead("ls", "--json", at("/many")), 0);
      assert.equal(await intoHead("ls", "--json", at("/nosuch"), at("/many")), 5);
    });
  });

  describe("of a connection that is lost", () => {
    for (const direction of ["put", "get"] as const) {
      it(`${direction} prints the failure and a sum in which every file is`, async () => {
        makeMany(join(direction === "put" ? local : share, "many"));
        await using relay = await FaultRelay.start(samba.port);
        const many = at("/many", relay.port);
        const ways = direction === "put" ? ["many", at("/", relay.port)] : [many, "."];
        const child = start([direction, "--json", "--jobs=2", "-r", ...ways]);
        let stdout = "";
        child.stderr?.resume();
        child.stdout?.setEncoding("utf8").on("data", (text: string) => {
          stdout += text;
          relay.refuses = true;
          for (const connection of relay.connections) connection.cut();
        });
        const [status] = (await once(child, "close")) as [number | null];
        assert.equal(status, 3, stdout);
        const events = eventsIn(stdout);
        const files = named(events, "file").length;
        assert.equal(named(events, "failure").length, 1);
        const last = events.at(-1);
        assert.equal(last?.["event"], "summary");
        assert.equal(last?.["files"], files);
        assert.equal(last?.["failures"], 1);
        assert.ok(files > 0 && files < MANY, "cut in the middle");
        assert.equal(files + 1 + Number(last?.["notTried"]), MANY);
      });
    }
  });

  describe("of a server that cannot be reached", () => {
    const nowhere = "//127.0.0.1:1/share/x";

    for (const args of [
      ["put", "x", nowhere],
      ["get", nowhere, "."],
    ]) {
      it(`${args[0]} prints the failure and the sum`, async () => {
        writeFileSync(join(local, "x"), "x");
        const { status, stdout } = await run("--json", ...args);
        assert.equal(status, 3);
        const [failure, summary, ...rest] = eventsIn(stdout);
        assert.equal(failure?.["event"], "failure");
        assert.equal(failure?.["code"], "ERR_SMB_DIAL");
        assert.deepEqual(
          { ...summary, ms: 0 },
          { event: "summary", files: 0, bytes: 0, ms: 0, failures: 1, notTried: 0, skipped: 0 },
        );
        assert.deepEqual(rest, []);
      });
    }

    for (const args of [
      ["mv", nowhere, nowhere],
      ["rm", nowhere],
      ["-L", "127.0.0.1", "-p", "1"],
    ]) {
      it(`${args[0]} prints the failure`, async () => {
        const { status, stdout } = await run("--json", ...args);
        assert.equal(status, 3);
        assert.deepEqual(
          eventsIn(stdout).map(({ event }) => event),
          ["failure"],
        );
      });
    }
  });

  describe("of what it leaves out", () => {
    it("get of a mask fails for the directories that it passes over", async () => {
      for (const name of ["d1", "d2"]) mkdirSync(join(share, name));
      for (const name of ["a", "b"]) writeFileSync(join(share, name), name);
      const { status, stdout, stderr } = await run("--json", "get", at("/*"), ".");
      assert.equal(status, 7, stderr);
      assert.match(stderr, /^\\d1 is a directory: -r fetches it/m);
      assert.match(stderr, /^\\d2 is a directory: -r fetches it/m);
      assert.deepEqual(readdirSync(local).sort(), ["a", "b"]);
      assert.equal(eventsIn(stdout).at(-1)?.["failures"], 2);
    });

    it("put -r counts what is no file", async () => {
      mkdirSync(join(local, "d"));
      writeFileSync(join(local, "d", "a"), "a");
      await runMkfifo(join(local, "d", "pipe"));
      const { status, stdout, stderr } = await run("--json", "put", "-r", "d", at("/"));
      assert.equal(status, 0, stderr);
      assert.match(stderr, /pipe is passed over: it is a pipe/);
      assert.equal(eventsIn(stdout).at(-1)?.["skipped"], 1);
    });

    it("rm -r prints an event for what it could not delete", async () => {
      mkdirSync(join(share, "d"));
      writeFileSync(join(share, "d", "kept"), "x");
      const mode = await runSmbx([at(), "-c", "setmode d/kept +r"], { env: user() });
      assert.equal(mode.status, 0, mode.stderr);
      const { status, stdout } = await run("--json", "rm", "-r", at("/d"));
      assert.notEqual(status, 0);
      assert.match(String(named(eventsIn(stdout), "failure")[0]?.["message"]), /\\d\\kept/);
    });
  });
});

async function runMkfifo(path: string): Promise<void> {
  const child = spawn("mkfifo", [path]);
  assert.deepEqual(await once(child, "close"), [0, null]);
}
