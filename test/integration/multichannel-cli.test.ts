import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { withDirectory } from "../cli/transfer/with-directory.ts";
import { FaultRelay } from "../support/fault-relay.ts";
import { runSmbx } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

const MIB = 1024 * 1024;
const SIZE = 160 * MIB;
const FOUR = "--multichannel=4";

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What binding a connection to a session takes; one with more bytes is in use. */
const BOUND_BYTES = 2000;

/** Calls `act` once `isTime`. */
function when(isTime: () => boolean, act: () => void): void {
  const timer = setInterval(() => {
    if (!isTime()) return;
    clearInterval(timer);
    act();
  }, 1);
  timer.unref();
}

/** Cuts the oldest connection after each quarter of `size` but the last, as soon as others work. */
function cutThree(relay: FaultRelay, size: number): void {
  const begun = relay.bytes;
  const used = () => relay.connections.filter((each) => each.isOpen && each.bytes > BOUND_BYTES);
  for (let cut = 1; cut <= 3; cut += 1) {
    const isTime = (): boolean => relay.bytes > begun + (size / 4) * cut && used().length > 1;
    when(isTime, () => used()[0]?.cut());
  }
}

function assertSame(directory: string, files: ReadonlyMap<string, Uint8Array>): void {
  assert.equal(readdirSync(directory).length, files.size);
  for (const [name, bytes] of files)
    assert.equal(hashOf(readFileSync(join(directory, name))), hashOf(bytes), name);
}

describe("smbx with several connections", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  let environment: Record<string, string>;
  before(async () => {
    samba = await startSamba();
    environment = { USER: samba.username, PASSWD: samba.password };
  });
  after(() => samba.stop());

  const run = (args: readonly string[]) => runSmbx(args, { env: environment });
  const share = (port: number, path = ""): string => `//127.0.0.1:${port}/share${path}`;

  it("shows them, and why there are so many", async () => {
    const { stdout, status } = await run(["channels", FOUR, share(samba.port)]);
    assert.equal(status, 0);
    assert.equal(stdout.match(/^active {2}tcp /gm)?.length, 4);
    assert.match(stdout, /^interface \d+ 127\.0\.0\.1 .*: 4 connections, /m);
    const json = await run(["channels", FOUR, "--json", share(samba.port)]);
    const lines = json.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string });
    assert.equal(lines.filter(({ event }) => event === "channel").length, 4);
    assert.ok(lines.some(({ event }) => event === "interface"));
  });

  it("opens none for a small job, and none where that is not wanted", async () => {
    await using relay = await FaultRelay.start(samba.port);
    await run(["ls", share(relay.port)]);
    await run([FOUR, "-m", "SMB2_10", share(relay.port), "-c", "ls"]);
    assert.equal(relay.connections.length, 2);
    const off = await run(["channels", "--multichannel=off", share(relay.port)]);
    assert.match(off.stdout, /multichannel: off/);
    const old = await run(["channels", "-m", "SMB2_10", share(relay.port)]);
    assert.match(old.stdout, /SMB 2\.1 knows only one connection/);
    assert.equal(relay.connections.length, 4);
  });

  it("tells by --explain which interface is used and why", async () => {
    const { stderr } = await run(["--explain", share(samba.port), "-c", "pwd"]);
    assert.match(stderr, /^interface \d+ 127\.0\.0\.1 .*: 1 connection, plain is the best class/m);
  });

  it("puts and gets while three of four are cut, the first one too", () =>
    withDirectory(async (directory) => {
      await using relay = await FaultRelay.start(samba.port);
      const local = join(directory, "big");
      const payload = randomBytes(SIZE);
      writeFileSync(local, payload);
      cutThree(relay, SIZE);
      const put = await run(["put", FOUR, local, share(relay.port, "/big")]);
      assert.equal(put.status, 0, put.stderr + put.stdout);
      assert.equal(relay.connections.filter(({ bytes }) => bytes > MIB).length >= 3, true);
      assert.equal(hashOf(readFileSync(join(samba.sharePath("share"), "big"))), hashOf(payload));
      cutThree(relay, SIZE);
      const back = join(directory, "back");
      const get = await run(["get", FOUR, share(relay.port, "/big"), back]);
      assert.equal(get.status, 0, get.stderr);
      assert.equal(hashOf(readFileSync(back)), hashOf(payload));
    }));

  it("moves many small files while one after the other is cut", () =>
    withDirectory(async (directory) => {
      await using relay = await FaultRelay.start(samba.port);
      const source = join(directory, "many");
      mkdirSync(source);
      const files = new Map(
        Array.from({ length: 600 }, (_, n) => [`f${n}`, randomBytes(20_000)] as const),
      );
      for (const [name, bytes] of files) writeFileSync(join(source, name), bytes);
      const total = files.size * 20_000;
      // The second time every file replaces one.
      for (const what of ["new", "replaced"]) {
        cutThree(relay, total);
        const put = await run(["put", "-r", FOUR, source, share(relay.port)]);
        assert.equal(put.status, 0, `${what}: ${put.stderr}`);
        assertSame(join(samba.sharePath("share"), "many"), files);
      }
      cutThree(relay, total);
      const back = join(directory, "back");
      mkdirSync(back);
      const get = await run(["get", "-r", FOUR, share(relay.port, "/many"), back]);
      assert.equal(get.status, 0, get.stderr);
      assertSame(join(back, "many"), files);
    }));

  it("fails in words when all are cut, leaves no file, and says so by its status", () =>
    withDirectory(async (directory) => {
      await using relay = await FaultRelay.start(samba.port);
      writeFileSync(join(samba.sharePath("share"), "lost"), randomBytes(SIZE));
      const cutAll = (): void => {
        relay.refuses = true;
        for (const connection of relay.connections) connection.cut();
      };
      when(() => relay.bytes > SIZE / 2, cutAll);
      const target = join(directory, "lost");
      const get = await run(["get", FOUR, share(relay.port, "/lost"), target]);
      assert.equal(get.status, 3, get.stderr);
      assert.match(get.stderr, /connection|reset/i);
      assert.equal(existsSync(target), false);
      assert.deepEqual(readdirSync(directory), []);
      relay.refuses = false;
      const local = join(directory, "up");
      writeFileSync(local, randomBytes(SIZE));
      const begun = relay.bytes;
      when(() => relay.bytes > begun + SIZE / 2, cutAll);
      const put = await run(["put", FOUR, local, share(relay.port, "/up")]);
      assert.equal(put.status, 3, put.stderr);
      assert.equal(existsSync(join(samba.sharePath("share"), "up")), false);
    }));
});
