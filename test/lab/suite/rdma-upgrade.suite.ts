import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { downloadFile, uploadFile } from "../../../src/cli/transfer/index.ts";
import type { ChannelReport, SmbClient } from "../../../src/core/index.ts";
import type { Finished } from "../../support/program.ts";
import { removeDevice, restoreDevice, reviveDevices, setLink } from "../support/links.ts";
import { connectToPeer, diskOf, emptyShare, type PeerOptions, peer } from "../support/peer.ts";
import { provideBig, runSmbx } from "../support/program.ts";
import { interfaceBytes, operationsDuring } from "../support/rdma-wire.ts";
import {
  environmentOf,
  freshDirectory,
  leftovers,
  MIB,
  sha256Of,
  whenMoved,
  writeNoise,
} from "../support/transfers.ts";

const remote = diskOf(peer.share);
/** Enough to be worth further connections, and little for emulated processors. */
const SIZE = 24 * MIB;
const PLAIN = { protection: "off" } as const;

describe(`a session with ksmbd that begins on TCP and finds ${peer.rdma}`, () => {
  let local: string;
  let source: string;
  let expected: string;

  before(async () => {
    local = mkdtempSync(join(tmpdir(), "smbx-lab-"));
    source = join(local, "source");
    await writeNoise(source, SIZE);
    expected = await sha256Of(source);
  });
  after(() => rmSync(local, { recursive: true, force: true }));
  beforeEach(() => emptyShare());
  afterEach(() => {
    for (const link of [0, 1]) {
      setLink(link, "up");
      restoreDevice(link);
      reviveDevices(link);
    }
  });

  /** No option about wires or connections: what everybody gets. */
  function connectPlainly(options: PeerOptions = {}): Promise<SmbClient> {
    return connectToPeer({ timeoutMs: 10_000, ...options });
  }

  /** Opens the further connections; a busy machine may need more than the time that one attempt has. */
  async function openDirect(
    client: SmbClient,
    links: number = peer.links,
  ): Promise<readonly ChannelReport[]> {
    for (let attempt = 1; ; attempt += 1) {
      await client.openChannels();
      const channels = await client.channels();
      const reached = active(channels, "smbdirect").map(({ serverEndpoint }) => serverEndpoint);
      if (new Set(reached).size >= links) return channels;
      assert.ok(attempt < 10, JSON.stringify({ channels, why: client.multichannel }));
    }
  }

  async function put(client: SmbClient, harm?: () => void): Promise<void> {
    const progress = harm === undefined ? undefined : whenMoved(SIZE / 3, harm);
    const env = await environmentOf(client, progress === undefined ? {} : { progress });
    await uploadFile(env, source, "f");
    assert.equal(await sha256Of(join(remote, "f")), expected);
    assert.deepEqual(leftovers(remote), []);
  }

  async function get(client: SmbClient, harm?: () => void): Promise<void> {
    const back = join(freshDirectory(join(local, "back")), "f");
    const progress = harm === undefined ? undefined : whenMoved(SIZE / 3, harm);
    const env = await environmentOf(client, progress === undefined ? {} : { progress });
    await downloadFile(env, "f", back);
    assert.equal(await sha256Of(back), expected);
    assert.deepEqual(leftovers(join(local, "back")), []);
  }

  function active(channels: readonly ChannelReport[], transport: string): readonly ChannelReport[] {
    return channels.filter((each) => each.transport === transport && each.state === "active");
  }

  it("moves its data there by itself, and keeps TCP for later", async () => {
    await using client = await connectPlainly(PLAIN);
    const before = await client.channels();
    assert.deepEqual(
      before.map(({ transport }) => transport),
      ["tcp"],
    );
    await put(client);
    const channels = await openDirect(client);
    assert.deepEqual(active(channels, "tcp"), []);
    const tcpBefore = channels.find(({ transport }) => transport === "tcp")?.bytesReceived ?? 0;
    const shown = await operationsDuring(local, () => get(client), 0).catch(() => undefined);
    const now = await client.channels();
    const tcpNow = now.find(({ transport }) => transport === "tcp")?.bytesReceived ?? 0;
    assert.ok(tcpNow - tcpBefore < MIB, `${tcpNow - tcpBefore} bytes came over TCP`);
    // An iWARP stream that began before the capture cannot be read.
    if (peer.rdma === "rxe") {
      assert.ok((shown?.writeBytes ?? 0) > SIZE / 4, JSON.stringify(shown));
    }
  });

  it("uses two RDMA links at once", async () => {
    await using client = await connectPlainly(PLAIN);
    await openDirect(client);
    const before = [0, 1].map((link) => interfaceBytes(`cli${link}`).sent);
    await put(client);
    for (const link of [0, 1]) {
      const sent = interfaceBytes(`cli${link}`).sent - (before[link] ?? 0);
      assert.ok(sent > SIZE / 8, `link ${link} carried ${sent} bytes`);
    }
  });

  for (const protection of ["sign", "encrypt"] as const) {
    it(`moves there with protection ${protection}, too`, async () => {
      await using client = await connectPlainly({ protection });
      await openDirect(client);
      await put(client);
      await get(client);
    });
  }

  it("goes on when one link goes down in mid-transfer", async () => {
    await using client = await connectPlainly(PLAIN);
    await put(client);
    await openDirect(client);
    const back = join(freshDirectory(join(local, "back")), "f");
    const progress = whenMoved(SIZE / 3, () => setLink(1, "down"));
    const delay = monitorEventLoopDelay();
    delay.enable();
    // Both directions at once: after it the link may be of no use any more (reviveDevices).
    await Promise.all([
      downloadFile(await environmentOf(client, { progress }), "f", back),
      uploadFile(await environmentOf(client), source, "g"),
    ]);
    // rxe would wait 50 s in the system call for a window that was left open.
    assert.ok(delay.max < 30e9, `nothing went on for ${delay.max / 1e9} s`);
    setLink(1, "up");
    assert.equal(await sha256Of(back), expected);
    assert.equal(await sha256Of(join(remote, "g")), expected);
    assert.deepEqual(leftovers(remote, join(local, "back")), []);
  });

  /** Runs the program on the share, which has a file `big`. */
  async function program(
    args: readonly string[],
    commands: string,
    wrapper: readonly string[] = [],
  ): Promise<Finished> {
    await provideBig(SIZE);
    const directory = freshDirectory(join(local, "program"));
    return await runSmbx({ args, commands, wrapper, directory });
  }

  it("comes up with RDMA where the program is asked for nothing, and shows it", async () => {
    const { status, stdout, stderr } = await program(
      [],
      "channels; get big a; !sleep 15; get big b; channels",
    );
    console.log(stdout);
    assert.equal(status, 0, stdout + stderr);
    const [before = "", later = ""] = stdout
      .split(/(?=^State)/m)
      .filter((part) => part.startsWith("State"));
    assert.match(before, /^active +tcp/m);
    assert.doesNotMatch(before, /^\S+ +smbdirect/m);
    assert.match(later, /^active +smbdirect/m);
    assert.match(later, /^standby +tcp/m);
    for (const name of ["a", "b"])
      assert.equal(await sha256Of(join(local, "program", name)), expected);
  });

  it("stays on TCP, unharmed, where there is no RDMA library", async () => {
    const hide =
      'for name in ibverbs rdmacm; do mount --bind /dev/null "/usr/lib/x86_64-linux-gnu/lib$name.so.1"; done; exec "$@"';
    const wrapper = ["unshare", "--mount", "sh", "-c", hide, "without"];
    const { status, stdout, stderr } = await program([], "get big a; get big b; channels", wrapper);
    assert.equal(status, 0, stdout + stderr);
    assert.doesNotMatch(stdout, /^\S+ +smbdirect/m);
    assert.equal(await sha256Of(join(local, "program", "a")), expected);
    const asked = await program(["--transport", "smbdirect"], "ls", wrapper);
    assert.notEqual(asked.status, 0);
    assert.match(asked.stdout + asked.stderr, /smbdirect .*: lib(ibverbs|rdmacm) cannot be loaded/);
  });

  // Soft-iWARP has nothing to take a device from a program with: siw-removal.suite.ts.
  const waits = peer.rdma === "siw" ? "the kernel removes no siw device that is in use" : false;

  it("goes on when one device is removed in mid-transfer", { skip: waits }, async () => {
    await using client = await connectPlainly(PLAIN);
    await openDirect(client);
    await put(client, () => removeDevice(0));
  });

  it("uses a device again that was removed and has come back", { skip: waits }, async () => {
    await using client = await connectPlainly(PLAIN);
    await openDirect(client);
    await put(client, () => removeDevice(0));
    restoreDevice(0);
    await openDirect(client);
    const before = interfaceBytes("cli0").received;
    await get(client);
    const received = interfaceBytes("cli0").received - before;
    assert.ok(received > SIZE / 8, `it carried ${received} bytes`);
  });

  it("falls back to TCP when all devices are removed in mid-transfer", {
    skip: waits,
  }, async () => {
    await using client = await connectPlainly(PLAIN);
    await put(client);
    await openDirect(client);
    await get(client, () => {
      for (const link of [0, 1]) removeDevice(link);
    });
    const channels = await client.channels();
    assert.deepEqual(active(channels, "smbdirect"), []);
    assert.ok(active(channels, "tcp").length > 0, JSON.stringify(channels));
  });
});
