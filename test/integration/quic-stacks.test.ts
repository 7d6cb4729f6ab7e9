import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { after, before, describe, it } from "node:test";
import type { QuicConnection, QuicSession } from "ngtcp2-napi";
import { readSmallFile, SmbError, type Tree, writeSmallFile } from "../../src/core/index.ts";
import type { QuicStreamTransport } from "../../src/transports/quic/quic-stream-transport.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { runSmbx } from "../support/program.ts";
import {
  QUIC_STACKS,
  type RelayProcess,
  stackUnavailable,
} from "../support/quic-stacks/quic-stack.ts";
import { StackPlace, TIMEOUT_MS } from "../support/quic-stacks/stack-place.ts";
import { type Samba, sambaUnavailable } from "../support/samba.ts";
import { download, exerciseShare, names, noise, sha256, upload } from "./protocol-exercise.ts";

const MIB = 1 << 20;
/** Around a packet, a receive buffer, an SMB request, and nothing at all. */
const SIZES = [0, 1, 1199, 65_535, 65_536, MIB - 1, MIB + 1, 5 * MIB + 4321];

for (const stack of QUIC_STACKS) {
  const skip = stackUnavailable(stack) ?? stackUnavailable("ngtcp2") ?? sambaUnavailable() ?? false;
  describe(`SMB over QUIC as ${stack} ends it`, { skip }, () => {
    const place = new StackPlace(stack);
    before(() => place.prepare());
    after(() => place.clear());

    it("does everything with files", async () => {
      await using client = await place.open();
      const { transport } = client.connection;
      assert.equal(transport.kind, "quic");
      assert.equal(transport.isEncrypted, true);
      const found = (await client.listShares()).map(({ name }) => name);
      assert.ok(found.includes("share"), found.join(" "));
      await exerciseShare(await client.connectTree("share"), place.samba.sharePath("share"));
    });

    it("moves every size of file both ways", async () => {
      await using client = await place.open();
      const tree = await client.connectTree("share");
      for (const size of SIZES) await thereAndBack(tree, place.samba, `f${size}`, noise(size));
    });

    it("moves many small files at once", async () => {
      await using client = await place.open();
      const tree = await client.connectTree("share");
      await tree.mkdir("small");
      const all = Array.from({ length: 400 }, (_, index) => index);
      const pathOf = (index: number): string => `small\\${index}`;
      const sizeOf = (index: number): number => index * 37;
      await Promise.all(
        all.map((index) =>
          writeSmallFile(tree, {
            path: pathOf(index),
            temporaryPath: `${pathOf(index)}.tmp`,
            data: noise(sizeOf(index), index),
          }),
        ),
      );
      assert.equal((await names(tree, "small")).length, all.length);
      await Promise.all(
        all.map(async (index) => {
          const file = await readSmallFile(tree, pathOf(index), { length: 65_536 });
          assert.equal(sha256(file.data), sha256(noise(sizeOf(index), index)), pathOf(index));
          file.release();
        }),
      );
    });

    // aioquic is Python.
    const large = (stack === "aioquic" ? 8 : 24) * MIB + 1;

    it("moves a large file while we change the keys", async () => {
      await using client = await place.open();
      const tree = await client.connectTree("share");
      const { connection } = client.connection.transport as QuicStreamTransport;
      const timer = setInterval(() => connection.updateKeys(), 50);
      try {
        await thereAndBack(tree, place.samba, "large", noise(large));
      } finally {
        clearInterval(timer);
      }
      assert.ok(connection.counters.keyUpdates > 0, "the keys never changed");
    });

    it("moves a large file while the server changes the keys", {
      skip: stack === "quiche" && "quiche has no call that changes keys",
    }, async () => {
      await using client = await place.open();
      const tree = await client.connectTree("share");
      await upload(tree, "large", noise(MIB));
      // Once a transfer: aioquic does not wait for its last change to be confirmed.
      place.relay.updateKeys();
      await upload(tree, "large", noise(large));
      place.relay.updateKeys();
      await thereAndBack(tree, place.samba, "large", noise(large));
    });

    it("ends in good order, again and again", async () => {
      for (let round = 0; round < 10; round += 1) {
        const client = await place.open();
        await client.connectTree("share");
        await client.close();
        assert.equal(await client.connection.closed, undefined);
      }
    });

    it("goes on with a session of before", async () => {
      const first = await place.connect();
      const session = await ticketOf(first);
      await first.close();
      const second = await place.connect(session);
      assert.equal(second.info.isResumed, true);
      await using client = await place.openOver(second);
      await client.connectTree("share");
    });

    it("serves the program", async () => {
      const { samba, relay, caFile } = place;
      const local = mkdtempSync(join(tmpdir(), "smbx-stacks-"));
      try {
        const data = noise(3 * MIB + 7);
        writeFileSync(join(local, "up"), data);
        const { status, stderr } = await runSmbx(
          [
            ...["//localhost/share", "-I", "127.0.0.1", "-U", samba.username],
            ...["--transport", `quic:${relay.port}`, "--quic-ca", caFile],
            ...["-c", "put up; get up down; del up"],
          ],
          { cwd: local, env: { PASSWD: samba.password } },
        );
        assert.equal(status, 0, stderr);
        assert.equal(sha256(readFileSync(join(local, "down"))), sha256(data));
      } finally {
        rmSync(local, { recursive: true, force: true });
      }
    });

    for (const [how, signal] of [
      ["dies", "SIGKILL"],
      ["falls silent", "SIGSTOP"],
    ] as const) {
      it(`fails in time where it ${how} in the middle`, async () => {
        await using relay = await place.newRelay();
        await fails(place, relay, signal);
      });
    }
  });
}

async function thereAndBack(
  tree: Tree,
  samba: Samba,
  path: string,
  data: Uint8Array,
): Promise<void> {
  await upload(tree, path, data);
  assert.equal(sha256(readFileSync(join(samba.sharePath("share"), path))), sha256(data), path);
  assert.equal(sha256(await download(tree, path)), sha256(data), path);
  await tree.unlink(path);
}

/** The session ticket, which follows the handshake. */
function ticketOf(connection: QuicConnection): Promise<QuicSession> {
  return new Promise((resolve) => connection.onSession(resolve));
}

/** Moves a file both ways without end, until the relay is no more. */
async function fails(
  place: StackPlace,
  relay: RelayProcess,
  signal: NodeJS.Signals,
): Promise<void> {
  const client = await place.open(relay.port, TIMEOUT_MS);
  const tree = await client.connectTree("share");
  const data = noise(4 * MIB);
  await upload(tree, "victim", data);
  const forever = async (work: () => Promise<unknown>): Promise<never> => {
    for (;;) await work();
  };
  const busy = Promise.allSettled([
    forever(() => download(tree, "victim")),
    forever(() => upload(tree, "victim.up", data)),
    forever(() => tree.stat("victim")),
  ]);
  await download(tree, "victim");
  relay.signal(signal);
  const started = performance.now();
  for (const result of await busy) {
    assert.ok(result.status === "rejected");
    assert.ok(result.reason instanceof SmbError, String(result.reason));
    const code = signal === "SIGSTOP" ? "ERR_SMB_TIMEOUT" : "ERR_SMB_TRANSPORT_CLOSED";
    assert.equal(result.reason.code, code, result.reason.message);
  }
  assert.ok(performance.now() - started < PATIENCE_MS, "all promises settle soon");
  await client.close();
}
