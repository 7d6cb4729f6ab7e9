import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { RdmaRegion } from "../../../src/core/transport.ts";
import { RegionPool } from "../../../src/transports/smbdirect/region-pool.ts";
import { decodeBufferDescriptors } from "../../../src/transports/smbdirect/smbd-messages.ts";
import { DEFAULT_SETTINGS } from "../../../src/transports/smbdirect/smbd-settings.ts";
import { turns } from "../../compliance/transport.ts";
import { FakeQueuePair } from "../../support/fake-verbs.ts";
import { buffersFor } from "../../support/smbd-listener.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

function poolOf(mostBytes = 8 * MIB, hasType2Windows = false): [RegionPool, FakeQueuePair] {
  const options = buffersFor(DEFAULT_SETTINGS);
  const queuePair = new FakeQueuePair(options, { hasType2Windows }, ["server", 445]);
  queuePair.start({ completions: () => undefined, closed: () => undefined });
  return [new RegionPool(queuePair, 2 * MIB, mostBytes), queuePair];
}

const expose = (region: RdmaRegion, offset = 0, length = region.memory.length - offset) =>
  decodeBufferDescriptors(region.expose(offset, length));

const tokenOf = (region: RdmaRegion): number => expose(region)[0]?.token ?? 0;

describe("RegionPool", () => {
  it("lends exactly what was asked for, named by one descriptor", async () => {
    const [pool] = poolOf();
    const region = await pool.lend(100_000, "peer-writes");
    assert.equal(region.memory.length, 100_000);
    const [descriptor, ...others] = expose(region);
    assert.equal(descriptor?.length, 100_000);
    assert.deepEqual(others, []);
    assert.equal(region.canBeInvalidated, false);
  });

  it("lends a region again once it was given back, and only then", async () => {
    const [pool] = poolOf();
    const first = await pool.lend(50_000, "peer-writes");
    const second = await pool.lend(50_000, "peer-writes");
    const token = tokenOf(first);
    assert.notEqual(token, tokenOf(second));
    first.release();
    first.release();
    const third = await pool.lend(60_000, "peer-writes");
    assert.equal(tokenOf(third), token);
    const fourth = await pool.lend(60_000, "peer-writes");
    assert.notEqual(tokenOf(fourth), token, "a second release counts for nothing");
  });

  it("lets the peer read, or write, never both", async () => {
    const [pool, queuePair] = poolOf();
    const reads = await pool.lend(10, "peer-reads");
    const writes = await pool.lend(10, "peer-writes");
    const { memory } = queuePair;
    const reach = (region: RdmaRegion, access: number): boolean => {
      const [descriptor] = expose(region);
      return memory.reach(tokenOf(region), descriptor?.offset ?? 0n, 10, access) !== undefined;
    };
    assert.deepEqual([reach(reads, 4), reach(reads, 2)], [true, false]);
    assert.deepEqual([reach(writes, 4), reach(writes, 2)], [false, true]);
  });

  it("waits while as much is lent as may be, in the order of asking", async () => {
    const [pool, { memory }] = poolOf(8 * MIB);
    const lent: RdmaRegion[] = [];
    for (let index = 0; index < 8; index += 1) lent.push(await pool.lend(MIB, "peer-writes"));
    const order: string[] = [];
    const waiting = ["a", "b"].map(async (name) => {
      const region = await pool.lend(MIB, "peer-reads");
      order.push(name);
      return region;
    });
    await turns(3);
    assert.deepEqual(order, []);
    lent[0]?.release();
    await turns(3);
    assert.deepEqual(order, ["a"]);
    lent[1]?.release();
    await Promise.all(waiting);
    assert.ok(memory.bytes <= 8 * MIB + 2 * 256 * 8192);
  });

  it("stops waiting when the caller gives up", async () => {
    const [pool] = poolOf(8 * MIB);
    const lent: RdmaRegion[] = [];
    for (let index = 0; index < 8; index += 1) lent.push(await pool.lend(MIB, "peer-writes"));
    const abort = new AbortController();
    const waiting = pool.lend(MIB, "peer-writes", abort.signal);
    const reason = new Error("enough");
    abort.abort(reason);
    await assert.rejects(waiting, reason);
    const next = pool.lend(MIB, "peer-writes");
    lent[0]?.release();
    await next;
  });

  it("waits where no more memory may be locked, and fails where none may be", async () => {
    const [pool, queuePair] = poolOf(48 * MIB);
    const region = await pool.lend(MIB, "peer-writes");
    queuePair.memory.lockLimit = queuePair.memory.bytes;
    const waiting = pool.lend(MIB, "peer-writes");
    await turns(2);
    region.release();
    await waiting;
    const [empty, other] = poolOf();
    other.memory.lockLimit = other.memory.bytes;
    await assert.rejects(empty.lend(MIB, "peer-writes"), /may be locked/);
    assert.throws(() => empty.prepare(), /may be locked/);
  });

  it("keeps a region for each direction, whatever else locks memory", async () => {
    for (const hasWindows of [false, true]) {
      const [pool, { memory }] = poolOf(48 * MIB, hasWindows);
      pool.prepare();
      memory.lockLimit = memory.bytes;
      for (const access of ["peer-writes", "peer-reads"] as const) {
        const small = await pool.lend(100, access);
        assert.equal(small.memory.length, 100);
        small.release();
        (await pool.lend(MIB, access)).release();
      }
      assert.equal(memory.bytes, memory.lockLimit);
    }
  });

  it("lets nobody wait for what never comes: larger regions than may be locked", async () => {
    const [, queuePair] = poolOf(48 * MIB);
    const { memory } = queuePair;
    const pool = new RegionPool(queuePair, 8 * MIB, 48 * MIB);
    pool.prepare();
    const lent = await pool.lend(MIB, "peer-writes");
    memory.lockLimit = memory.bytes;
    const waiting = pool.lend(8 * MIB, "peer-writes");
    const next = pool.lend(MIB, "peer-writes");
    await turns(2);
    lent.release();
    (await next).release();
    await assert.rejects(waiting, /may be locked/);
    await assert.rejects(pool.lend(8 * MIB, "peer-reads"), /may be locked/);
  });

  it("plans no pieces for which memory was never had", () => {
    const [, queuePair] = poolOf();
    queuePair.memory.lockLimit = queuePair.memory.bytes + 3 * MIB;
    const pool = new RegionPool(queuePair, 8 * MIB);
    pool.prepare();
    assert.deepEqual([pool.pieceSize, pool.maxReadWriteSize], [MIB, MIB]);
  });

  it("refuses more than one READ or WRITE may move", async () => {
    const [pool] = poolOf();
    await assert.rejects(pool.lend(2 * MIB + 1, "peer-writes"), { code: "ERR_SMB_TRANSPORT" });
  });

  it("ends everybody's wait when it is closed, and gives all memory back", async () => {
    const [pool, { memory }] = poolOf(8 * MIB);
    const before = memory.bytes;
    const lent: RdmaRegion[] = [];
    for (let index = 0; index < 8; index += 1) lent.push(await pool.lend(MIB, "peer-writes"));
    const waiting = pool.lend(MIB, "peer-writes");
    pool.close();
    await assert.rejects(waiting, { code: "ERR_SMB_TRANSPORT_CLOSED" });
    await assert.rejects(pool.lend(1, "peer-writes"), { code: "ERR_SMB_TRANSPORT_CLOSED" });
    lent[0]?.release();
    assert.equal(memory.bytes, before);
  });

  it("opens a window of the right length for each loan, and closes it again", async () => {
    const [pool, queuePair] = poolOf(8 * MIB, true);
    const region = await pool.lend(100, "peer-writes");
    assert.equal(region.canBeInvalidated, true);
    const [{ token, offset } = { token: 0, offset: 0n }] = expose(region);
    assert.equal(queuePair.memory.reach(token, offset, 100, 2)?.length, 100);
    assert.equal(queuePair.memory.reach(token, offset, 101, 2), undefined);
    region.release();
    const again = await pool.lend(100, "peer-writes");
    queuePair.submit();
    await turns(3);
    assert.equal(queuePair.memory.allows(token), false);
    const second = tokenOf(again);
    assert.notEqual(second, token);
    // A key that the peer has invalidated is not invalidated a second time: that would be an error.
    queuePair.memory.invalidate(second);
    pool.invalidated(second);
    again.release();
    queuePair.submit();
    await turns(3);
    assert.equal(queuePair.broken, undefined);
  });

  it("lets the peer reach nothing before it is told to, and then no more than it is told", async () => {
    const [pool, queuePair] = poolOf(8 * MIB, true);
    const { memory } = queuePair;
    const region = await pool.lend(1000, "peer-reads");
    for (const key of memory.keys) assert.equal(memory.allows(key), false);
    const [first = { token: 0, offset: 0n }] = expose(region, 100, 50);
    assert.equal(memory.reach(first.token, first.offset, 50, 4)?.byteOffset, 100);
    assert.equal(memory.reach(first.token, first.offset - 1n, 1, 4), undefined);
    assert.equal(memory.reach(first.token, first.offset + 50n, 1, 4), undefined);
    const [second = { token: 0, offset: 0n }] = expose(region, 150, 850);
    queuePair.submit();
    await turns(3);
    assert.equal(memory.allows(first.token), false, "what was exposed before is hidden");
    assert.equal(memory.reach(second.token, second.offset, 850, 4)?.byteOffset, 150);
    assert.throws(() => region.expose(900, 101), RangeError);
    region.release();
    assert.throws(() => region.expose(0, 1), RangeError);
    queuePair.submit();
    await turns(3);
    for (const key of memory.keys) assert.equal(memory.allows(key), false);
    assert.equal(queuePair.broken, undefined);
  });

  it("has nothing for those who do not wait while others do", async () => {
    const [pool] = poolOf(4 * MIB);
    const lent = [0, 1, 2, 3].map(() => pool.tryLend(MIB, "peer-reads"));
    assert.ok(lent.every((region) => region !== undefined));
    assert.equal(pool.tryLend(MIB, "peer-reads"), undefined);
    const large = pool.lend(MIB, "peer-reads");
    const waiting = pool.lend(MIB, "peer-reads");
    lent[0]?.release();
    await large;
    assert.equal(pool.tryLend(10, "peer-reads"), undefined, "nobody is overtaken");
    lent[1]?.release();
    await waiting;
    lent[2]?.release();
    assert.ok(pool.tryLend(MIB, "peer-reads"));
    const [locked, other] = poolOf();
    other.memory.lockLimit = 0;
    assert.equal(locked.tryLend(MIB, "peer-reads"), undefined);
    pool.close();
    assert.equal(pool.tryLend(MIB, "peer-reads"), undefined);
  });
});
