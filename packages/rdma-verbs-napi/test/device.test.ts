// On real devices, soft ones among them: a machine with an RDMA device runs this, others skip it.
// RDMA_TEST_ADDRESS is an address of this machine that leads to one; else the first that is found.

import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { describe, it } from "node:test";
import {
  Access,
  CompletionStatus,
  type ConnectionRequest,
  Opcode,
  RdmaError,
  verbs,
} from "../lib/index.ts";
import { BUFFERS, Collector, connectPair, fill, type Pair } from "./support.ts";

const ALL = Access.LOCAL_WRITE | Access.REMOTE_READ | Access.REMOTE_WRITE;
const address = process.env["RDMA_TEST_ADDRESS"] ?? findAddress();
const skip =
  verbs.unavailable() ?? (address === undefined ? "no RDMA device has an address" : false);
const listen = { address: address ?? "", port: 0 };

function findAddress(): string | undefined {
  const netdevs = verbs.devices().flatMap(({ ports }) => ports.flatMap((port) => port.netdevs));
  const found = Object.entries(networkInterfaces())
    .filter(([name]) => netdevs.includes(name))
    .flatMap(([, addresses]) => addresses ?? []);
  return found.find(({ family }) => family === "IPv4")?.address;
}

function connect(): Promise<Pair> {
  return connectPair({
    ...{ provider: verbs, listen },
    connect: { privateData: Uint8Array.of(1, 2, 3), initiatorDepth: 4, responderResources: 8 },
    accept: { privateData: Uint8Array.of(4, 5) },
  });
}

describe("a device", { skip }, () => {
  it("is told with its interface and its limits", () => {
    const device = verbs.devices().find(({ problem }) => problem === undefined);
    assert.ok(device?.limits !== undefined);
    const { limits, ports, transport } = device;
    assert.ok(limits.maxSge >= 1 && limits.maxQueuePairs > 0 && limits.maxRegionSize > 0n);
    assert.ok(["infiniband", "roce", "iwarp"].includes(transport));
    assert.ok(ports.some(({ isActive, netdevs }) => isActive && netdevs.length > 0));
  });

  it("connects, and carries private data and messages both ways", async () => {
    const { client, server } = await connect();
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    assert.deepEqual(client.privateData.subarray(0, 2), Uint8Array.of(4, 5));
    assert.equal(client.remoteAddress, address);
    assert.equal(server.localPort, client.remotePort);
    for (const [from, to, seed] of [
      [client, atServer, 3],
      [server, atClient, 4],
    ] as const) {
      for (let slot = 0; slot < 8; slot += 1) {
        fill(from.sendBuffers.slot(slot), seed + slot);
        from.postSend(slot, slot, 200 + slot);
      }
      from.submit();
      const receives = (): number =>
        to.ended.filter(({ opcode }) => opcode === Opcode.RECEIVE).length;
      for (let count = 1; receives() < 8; count += 1) await to.until(count);
    }
    const slot = server.receiveBuffers.slot(7).subarray(0, 207);
    assert.deepEqual(slot, fill(new Uint8Array(207), 10));
    await Promise.all([client.close(), server.close()]);
    assert.equal(await atClient.closed, undefined);
    assert.equal(await atServer.closed, undefined);
    const good = atServer.ended.filter(({ status }) => status === 0);
    assert.equal(good.length, 16);
  });

  it("reads and writes the peer's memory", async () => {
    await using pair = await connect();
    const { client, server } = pair;
    const atServer = new Collector(server);
    new Collector(client);
    const memory = fill(new Uint8Array(100_000));
    const theirs = client.domain.register(memory.subarray(1000, 90_000), ALL);
    const ours = server.domain.allocate(50_000, ALL);
    const into = [{ region: ours, offset: 10, length: 40_000 }];
    server.postRead(1, into, theirs.address + 77n, theirs.remoteKey);
    server.submit();
    const [read] = await atServer.until(1);
    assert.deepEqual([read?.opcode, read?.status, read?.bytes], [Opcode.READ, 0, 40_000]);
    assert.deepEqual(ours.memory.slice(10, 40_010), memory.slice(1077, 41_077));
    ours.memory.fill(9);
    server.postWrite(2, into, theirs.address, theirs.remoteKey);
    // A message behind the WRITE proves that it has arrived.
    server.postSend(3, 0, 1);
    server.submit();
    await atServer.until(3);
    assert.ok(memory.subarray(1000, 41_000).every((byte) => byte === 9));
    assert.notEqual(memory[999], 9);
    theirs.close();
    ours.close();
  });

  it("keeps a peer from memory that is not for it", async () => {
    const { client, server } = await connect();
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    const target = client.domain.allocate(4096, Access.LOCAL_WRITE);
    const source = server.domain.allocate(4096, ALL);
    source.memory.fill(1);
    const range = [{ region: source, offset: 0, length: 4096 }];
    server.postWrite(1, range, target.address, target.remoteKey);
    server.submit();
    // iWARP has said that a WRITE is done before the peer has looked at it.
    const error = await atServer.closed;
    const isIwarp = server.device.transport === "iwarp";
    if (!isIwarp) assert.equal(error?.status, CompletionStatus.REMOTE_ACCESS_ERROR);
    await atClient.closed;
    assert.ok(target.memory.every((byte) => byte === 0));
  });

  it("keeps a peer from the memory of another connection", async () => {
    await using first = await connect();
    new Collector(first.client);
    const { client, server } = await connect();
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    const target = first.client.domain.allocate(4096, ALL);
    const source = server.domain.allocate(4096, ALL);
    source.memory.fill(1);
    // It knows address and key.
    const range = [{ region: source, offset: 0, length: 4096 }];
    server.postWrite(1, range, target.address, target.remoteKey);
    server.submit();
    const error = await atServer.closed;
    const isIwarp = server.device.transport === "iwarp";
    if (!isIwarp) assert.equal(error?.status, CompletionStatus.REMOTE_ACCESS_ERROR);
    await atClient.closed;
    assert.ok(target.memory.every((byte) => byte === 0));
  });

  it("has windows that a peer can invalidate, or says that it has none", async () => {
    await using pair = await connect();
    const { client, server } = pair;
    if (client.device.limits?.hasType2Windows !== true) {
      assert.throws(
        () => client.domain.createWindow(),
        (error) => error instanceof RdmaError && error.kind === "unsupported",
      );
      return;
    }
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    const access = Access.LOCAL_WRITE | Access.REMOTE_WRITE | Access.MEMORY_WINDOW_BIND;
    const region = client.domain.allocate(8192, access);
    const window = client.domain.createWindow();
    for (let round = 0; round < 2; round += 1) {
      const range = { region, offset: 4096, length: 100 };
      const key = client.postBind(1, window, range, Access.REMOTE_WRITE);
      client.submit();
      const bound = (await atClient.until(1 + round * 2))[round * 2];
      assert.deepEqual([bound?.opcode, bound?.status], [Opcode.BIND, 0]);
      const local = server.domain.allocate(100, Access.LOCAL_WRITE);
      local.memory.fill(5 + round);
      const from = [{ region: local, offset: 0, length: 100 }];
      server.postWrite(1, from, region.address + 4096n, key);
      server.postSendInvalidate(2, 0, 3, key);
      server.submit();
      const received = (await atClient.until(2 + round * 2))[1 + round * 2];
      assert.equal(received?.invalidated, key);
      assert.equal(region.memory[4195], 5 + round);
      await atServer.until(2 + round * 2);
      local.close();
    }
    window.close();
    region.close();
  });

  it("tells who refuses, and that nobody listens", async () => {
    await using listener = await verbs.listen(listen, (request: ConnectionRequest) => {
      request.reject(Uint8Array.of(7));
    });
    const target = { address: listen.address, port: listener.port, ...BUFFERS };
    await assert.rejects(verbs.connect(target), (error) => {
      assert.ok(error instanceof RdmaError);
      assert.equal(error.kind, "rejected");
      assert.equal(error.privateData?.[0], 7);
      return true;
    });
    await listener.close();
    await assert.rejects(verbs.connect(target), (error) => {
      return error instanceof RdmaError && error.kind === "rejected";
    });
  });

  it("leads nowhere from an address without a device", async () => {
    const nowhere = { address: "203.0.113.7", port: 445, ...BUFFERS, localAddress: "127.0.0.1" };
    await assert.rejects(verbs.connect(nowhere), RdmaError);
  });

  it("is let go of when an attempt is aborted", async () => {
    const abort = new AbortController();
    await using listener = await verbs.listen(listen, () => abort.abort(new Error("enough")));
    const target = { address: listen.address, port: listener.port, ...BUFFERS };
    await assert.rejects(verbs.connect({ ...target, signal: abort.signal }), /enough/);
  });
});
