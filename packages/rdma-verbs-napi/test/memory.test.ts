import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Access, CompletionStatus, Opcode, RdmaError } from "../lib/index.ts";
import { testProvider } from "../lib/test-provider.ts";
import { Collector, connectPair, fill } from "./support.ts";

const skip = testProvider.unavailable() ?? false;
const ALL = Access.LOCAL_WRITE | Access.REMOTE_READ | Access.REMOTE_WRITE;

describe("memory over the test provider", { skip }, () => {
  it("is read and written by the peer, in ranges and at offsets", async () => {
    await using pair = await connectPair();
    const { client, server } = pair;
    const atServer = new Collector(server);
    new Collector(client);
    const memory = fill(new Uint8Array(100_000));
    using theirs = client.domain.register(memory.subarray(1000, 90_000), ALL);
    using ours = server.domain.allocate(50_000, ALL);
    const into = [
      { region: ours, offset: 10, length: 20_000 },
      { region: ours, offset: 30_000, length: 5000 },
    ];
    server.postRead(1, into, theirs.address + 77n, theirs.remoteKey);
    server.submit();
    const [read] = await atServer.until(1);
    assert.deepEqual(read, {
      ...{ id: 1, opcode: Opcode.READ, status: 0, bytes: 25_000, invalidated: undefined },
    });
    assert.deepEqual(ours.memory.slice(10, 20_010), memory.slice(1077, 21_077));
    assert.deepEqual(ours.memory.slice(30_000, 35_000), memory.slice(21_077, 26_077));
    assert.equal(ours.memory[20_010], 0);

    ours.memory.fill(9);
    server.postWrite(2, into, theirs.address + 5000n, theirs.remoteKey);
    server.submit();
    const [, written] = await atServer.until(2);
    assert.equal(written?.status, 0);
    assert.ok(memory.subarray(6000, 31_000).every((byte) => byte === 9));
    assert.deepEqual(memory.slice(0, 6000), fill(new Uint8Array(100_000)).slice(0, 6000));
    assert.deepEqual(memory.slice(31_000), fill(new Uint8Array(100_000)).slice(31_000));
    const { bytesRead, bytesSent } = server.statistics();
    assert.deepEqual([bytesRead, bytesSent], [25_000, 25_000]);
  });

  it("is all zeros and in whole pages where it was allocated", async () => {
    await using pair = await connectPair();
    const region = pair.client.domain.allocate(5000, Access.LOCAL_WRITE);
    assert.ok(region.memory.every((byte) => byte === 0));
    assert.equal(region.address % 4096n, 0n);
    assert.equal(region.memory.byteLength, 5000);
    region.close();
    region.close();
    assert.equal(region.isClosed, true);
    // The bytes are still ours.
    assert.equal(region.memory[4999], 0);
  });

  type Attempt = {
    readonly what: string;
    readonly access?: number;
    readonly move?: bigint;
    readonly length?: number;
    readonly key?: number;
    readonly isClosed?: boolean;
    readonly operation: "postRead" | "postWrite";
  };
  const attempts: readonly Attempt[] = [
    { what: "a wrong key", key: 0x1234_5600, operation: "postWrite" },
    { what: "a key with another last byte", key: 1, operation: "postRead" },
    { what: "one byte too many", length: 4097, operation: "postRead" },
    { what: "a byte before the region", move: -1n, operation: "postWrite" },
    { what: "an address that overflows", move: 0x7fff_ffff_ffff_f000n, operation: "postWrite" },
    { what: "reading what is for writing", access: 3, operation: "postRead" },
    { what: "writing what is for reading", access: 4, operation: "postWrite" },
    { what: "a closed region", isClosed: true, operation: "postWrite" },
  ];
  for (const attempt of attempts) {
    it(`is safe from ${attempt.what}, which ends both sides`, async () => {
      const { client, server } = await connectPair();
      const [atClient, atServer] = [new Collector(client), new Collector(server)];
      const target = client.domain.allocate(4096, attempt.access ?? ALL);
      const source = server.domain.allocate(8192, ALL);
      source.memory.fill(1);
      const { key = 0, move = 0n, length = 100, operation } = attempt;
      const wrongKey = key < 256 ? target.remoteKey ^ key : key;
      if (attempt.isClosed === true) target.close();
      const range = [{ region: source, offset: 0, length }];
      server[operation](1, range, target.address + move, wrongKey);
      server.postSend(2, 0, 1);
      server.submit();
      const [here, there] = await Promise.all([atClient.closed, atServer.closed]);
      assert.equal(here?.status, CompletionStatus.REMOTE_ACCESS_ERROR);
      assert.equal(there?.status, CompletionStatus.REMOTE_ACCESS_ERROR);
      assert.match(String(there?.message), /refused the access/);
      assert.deepEqual(atClient.events, ["queue-pair-access-error"]);
      assert.deepEqual(
        atServer.ended.slice(0, 2).map(({ id, status }) => [id, status]),
        [
          [1, CompletionStatus.REMOTE_ACCESS_ERROR],
          [2, CompletionStatus.FLUSHED],
        ],
      );
      assert.ok(target.memory.every((byte) => byte === 0));
      assert.ok(source.memory.every((byte) => byte === 1));
      target.close();
      source.close();
    });
  }

  it("is not filled by our own READ where we may not write", async () => {
    const { client, server } = await connectPair();
    const atServer = new Collector(server);
    new Collector(client);
    const target = client.domain.allocate(100, ALL);
    const readOnly = server.domain.allocate(100, Access.REMOTE_READ);
    const range = [{ region: readOnly, offset: 0, length: 10 }];
    server.postRead(1, range, target.address, target.remoteKey);
    server.submit();
    const error = await atServer.closed;
    assert.equal(error?.status, CompletionStatus.LOCAL_PROTECTION_ERROR);
  });

  it("takes RDMA READs only where some were agreed", async () => {
    const { client, server } = await connectPair({ connect: { responderResources: 0 } });
    const atServer = new Collector(server);
    new Collector(client);
    assert.equal(server.initiatorDepth, 0);
    const target = client.domain.allocate(100, ALL);
    const local = server.domain.allocate(100, ALL);
    const range = [{ region: local, offset: 0, length: 10 }];
    server.postRead(1, range, target.address, target.remoteKey);
    server.submit();
    const error = await atServer.closed;
    assert.equal(error?.status, CompletionStatus.REMOTE_INVALID_REQUEST);
  });

  it("is seen through a window until the peer invalidates it", async () => {
    const { client, server } = await connectPair();
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    const region = client.domain.allocate(4096, Access.LOCAL_WRITE | Access.MEMORY_WINDOW_BIND);
    const window = client.domain.createWindow();
    const first = window.remoteKey;
    const range = { region, offset: 1000, length: 100 };
    const key = client.postBind(1, window, range, Access.REMOTE_WRITE);
    assert.equal(key >>> 8, first >>> 8);
    assert.notEqual(key, first);
    client.submit();
    assert.deepEqual((await atClient.until(1))[0]?.opcode, Opcode.BIND);
    const local = server.domain.allocate(100, Access.NONE);
    local.memory.fill(5);
    const from = [{ region: local, offset: 0, length: 100 }];
    server.postWrite(1, from, region.address + 1000n, key);
    server.postSendInvalidate(2, 0, 3, key);
    server.submit();
    const [, received] = await atClient.until(2);
    assert.equal(received?.invalidated, key);
    assert.ok(region.memory.subarray(1000, 1100).every((byte) => byte === 5));

    // The key is dead; the window lives and gets another.
    const next = client.postBind(3, window, range, Access.REMOTE_WRITE);
    assert.notEqual(next, key);
    client.submit();
    await atClient.until(3);
    server.postWrite(4, from, region.address + 1000n, next);
    server.postWrite(5, from, region.address + 1000n, key);
    server.submit();
    await atServer.closed;
    const ends = atServer.ended.filter(({ opcode }) => opcode === Opcode.WRITE);
    assert.deepEqual(
      ends.map(({ status }) => status),
      [0, 0, CompletionStatus.REMOTE_ACCESS_ERROR],
    );
    window.close();
    region.close();
  });

  it("is taken from the peer by ourselves", async () => {
    const { client, server } = await connectPair();
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    const region = client.domain.allocate(100, Access.MEMORY_WINDOW_BIND);
    const window = client.domain.createWindow();
    const range = { region, offset: 0, length: 100 };
    const key = client.postBind(1, window, range, Access.REMOTE_READ);
    client.postInvalidate(2, key);
    client.submit();
    await atClient.until(2);
    const local = server.domain.allocate(100, Access.LOCAL_WRITE);
    server.postRead(1, [{ region: local, offset: 0, length: 1 }], region.address, key);
    server.submit();
    const error = await atServer.closed;
    assert.equal(error?.status, CompletionStatus.REMOTE_ACCESS_ERROR);
  });

  it("in a plain region is not the peer's to invalidate", async () => {
    const { client, server } = await connectPair();
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    const region = client.domain.allocate(100, ALL);
    server.postSendInvalidate(1, 0, 3, region.remoteKey);
    server.submit();
    const [here, there] = await Promise.all([atClient.closed, atServer.closed]);
    assert.equal(here?.status, CompletionStatus.REMOTE_INVALID_REQUEST);
    assert.equal(there?.status, CompletionStatus.REMOTE_INVALID_REQUEST);
  });

  it("of one connection is out of the reach of another one's peer", async () => {
    await using first = await connectPair();
    const second = await connectPair();
    const [atFirst, atSecond] = [new Collector(first.server), new Collector(second.server)];
    new Collector(first.client);
    new Collector(second.client);
    const region = first.client.domain.allocate(4096, ALL);
    const local = second.server.domain.allocate(100, ALL);
    local.memory.fill(1);
    const from = [{ region: local, offset: 0, length: 100 }];
    // It knows address and key.
    second.server.postWrite(1, from, region.address, region.remoteKey);
    second.server.submit();
    const error = await atSecond.closed;
    assert.equal(error?.status, CompletionStatus.REMOTE_ACCESS_ERROR);
    assert.ok(region.memory.every((byte) => byte === 0));
    // The one whose it is, is unharmed, and its own peer reaches it.
    const own = first.server.domain.allocate(100, ALL);
    own.memory.fill(2);
    const range = [{ region: own, offset: 0, length: 100 }];
    first.server.postWrite(2, range, region.address, region.remoteKey);
    first.server.submit();
    const [written] = await atFirst.until(1);
    assert.equal(written?.status, 0);
    assert.equal(region.memory[99], 2);
  });

  it("of one connection cannot be used by work of another", async () => {
    await using first = await connectPair();
    await using second = await connectPair();
    const region = first.client.domain.allocate(100, ALL);
    second.client.domain.allocate(100, ALL);
    second.client.postSendRanges(1, [{ region, offset: 0, length: 10 }]);
    assert.throws(
      () => second.client.submit(),
      (error) => error instanceof RdmaError && error.kind === "memory",
    );
  });

  it("must make sense", async () => {
    await using pair = await connectPair();
    const { domain } = pair.client;
    assert.throws(() => domain.allocate(0, 0), RangeError);
    assert.throws(() => domain.allocate(10, Access.REMOTE_WRITE), RangeError);
    assert.throws(() => domain.allocate(10, 256), RangeError);
    const shared = new Uint8Array(new SharedArrayBuffer(10));
    assert.throws(() => domain.register(shared, 0), TypeError);
    assert.throws(
      () => domain.allocate(0xffff_ffff, 0) && domain.allocate(-1, 0),
      (error) => error instanceof RangeError || error instanceof RdmaError,
    );
  });

  it("cannot be transferred away while it is registered", async () => {
    await using pair = await connectPair();
    const memory = new Uint8Array(100);
    const region = pair.client.domain.register(memory, 0);
    const { port1, port2 } = new MessageChannel();
    try {
      // Node 20 copies it, later ones refuse.
      port1.postMessage(memory, [memory.buffer]);
    } catch (error) {
      assert.match(String(error), /DataCloneError/);
    }
    port1.close();
    port2.close();
    assert.equal(memory.byteLength, 100);
    region.close();
  });
});
