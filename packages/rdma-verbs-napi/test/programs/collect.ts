// node --expose-gc collect.ts: what the garbage collector may have, and what it may not.

import assert from "node:assert/strict";
import { Access } from "../../lib/index.ts";
import { Collector, connectPair } from "../support.ts";

async function collect(): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
}

const pair = await connectPair();
const { client, server } = pair;
const atServer = new Collector(server);
new Collector(client);

// Memory of the caller: held while it is registered, although nobody else has it.
let weak: WeakRef<ArrayBuffer> | undefined;
let described: { address: bigint; key: number; close(): void } | undefined;
(() => {
  const memory = new Uint8Array(50_000).fill(3);
  weak = new WeakRef(memory.buffer);
  const region = client.domain.register(memory, Access.LOCAL_WRITE | Access.REMOTE_READ);
  described = { address: region.address, key: region.remoteKey, close: () => region.close() };
})();
await collect();
const into = server.domain.allocate(50_000, Access.LOCAL_WRITE);
const range = [{ region: into, offset: 0, length: 50_000 }];
server.postRead(1, range, described?.address ?? 0n, described?.key ?? 0);
server.submit();
await atServer.until(1);
assert.ok(into.memory.every((byte) => byte === 3));
assert.ok(weak?.deref() !== undefined);
described?.close();
described = undefined;
await collect();
assert.equal(weak?.deref(), undefined);

// Memory of ours: the bytes outlive the region while somebody has them, and the connections.
const region = client.domain.allocate(10_000, Access.LOCAL_WRITE);
const { memory } = region;
region.close();
await Promise.all([client.close(), server.close()]);
await collect();
memory.fill(1);
assert.equal(memory[9999], 1);

// A request that nobody answers ends with its object.
const { testProvider } = await import("../../lib/test-provider.ts");
const listener = await testProvider.listen({ address: "127.0.0.1", port: 0 }, () => undefined);
const connecting = testProvider.connect({
  ...{ address: "127.0.0.1", port: listener.port },
  ...{ receiveBuffers: { size: 1, count: 1 }, sendBuffers: { size: 1, count: 1 } },
});
const failed = assert.rejects(connecting, { code: "ERR_RDMA_REJECTED" });
await collect();
await failed;
await listener.close();
process.stdout.write("collected\n");
