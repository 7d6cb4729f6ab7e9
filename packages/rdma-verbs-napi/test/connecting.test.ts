import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type ConnectionRequest,
  decodeIwarpDepths,
  encodeIwarpDepths,
  type RdmaConnection,
  RdmaError,
} from "../lib/index.ts";
import { testProvider } from "../lib/test-provider.ts";
import { BUFFERS, Collector, connectPair } from "./support.ts";

const skip = testProvider.unavailable() ?? false;
const provider = testProvider;
const LOCAL = { address: "127.0.0.1", port: 0 };

describe("connecting over the test provider", { skip }, () => {
  it("tells each side what the other said", async () => {
    let request: ConnectionRequest | undefined;
    let accepted: Promise<RdmaConnection> | undefined;
    await using listener = await provider.listen(LOCAL, (incoming) => {
      request = incoming;
      accepted = incoming.accept({
        ...BUFFERS,
        privateData: Uint8Array.of(9, 8),
        initiatorDepth: 3,
        responderResources: 7,
      });
    });
    const client = await provider.connect({
      ...{ address: "127.0.0.1", port: listener.port, ...BUFFERS },
      privateData: (device) => new TextEncoder().encode(device.name),
      initiatorDepth: 5,
      responderResources: 4,
    });
    const server = await accepted;
    assert.ok(server !== undefined && request !== undefined);
    assert.equal(new TextDecoder().decode(request.privateData), "test0");
    assert.deepEqual([request.initiatorDepth, request.responderResources], [5, 4]);
    assert.deepEqual(client.privateData, Uint8Array.of(9, 8));
    assert.deepEqual([client.initiatorDepth, client.responderResources], [5, 3]);
    assert.deepEqual([server.initiatorDepth, server.responderResources], [3, 5]);
    assert.deepEqual([client.remoteAddress, client.remotePort], ["127.0.0.1", listener.port]);
    assert.equal(server.remotePort, client.localPort);
    assert.equal(server.localPort, listener.port);
    assert.equal(client.device.transport, "test");
    assert.notEqual(client.domain, server.domain);
    await Promise.all([client.close(), server.close()]);
  });

  it("reaches a listener of every address", async () => {
    await using pair = await connectPair({
      listen: { address: "::" },
      connect: { address: "2001:db8::7" },
    });
    assert.equal(pair.client.remoteAddress, "2001:db8::7");
  });

  it("fails where nobody listens", async () => {
    const connecting = provider.connect({ address: "192.0.2.1", port: 9, ...BUFFERS });
    await assert.rejects(connecting, (error) => {
      assert.ok(error instanceof RdmaError);
      assert.equal(error.kind, "rejected");
      assert.equal(error.code, "ERR_RDMA_REJECTED");
      assert.match(error.message, /nobody listens there/);
      return true;
    });
  });

  it("fails where the address is none", async () => {
    const connecting = provider.connect({ address: "nas", port: 9, ...BUFFERS });
    await assert.rejects(connecting, /"nas" is no IP address/);
    await assert.rejects(
      provider.listen({ address: "x", port: 0 }, () => undefined),
      RdmaError,
    );
  });

  it("fails with the peer's bytes where it refuses", async () => {
    await using listener = await provider.listen(LOCAL, (request) => {
      request.reject(Uint8Array.of(1, 2, 3));
    });
    const { address, port } = listener;
    await assert.rejects(provider.connect({ address, port, ...BUFFERS }), (error) => {
      assert.ok(error instanceof RdmaError);
      assert.deepEqual([error.kind, error.reason], ["rejected", 28]);
      assert.deepEqual(error.privateData, Uint8Array.of(1, 2, 3));
      return true;
    });
  });

  it("fails when a listener closes with the request unanswered", async () => {
    const requests: ConnectionRequest[] = [];
    let arrived: (() => void) | undefined;
    const whenArrived = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const listener = await provider.listen(LOCAL, (request) => {
      requests.push(request);
      arrived?.();
    });
    const { address, port } = listener;
    const connecting = assert.rejects(provider.connect({ address, port, ...BUFFERS }), RdmaError);
    await whenArrived;
    await listener.close();
    await connecting;
    const [request] = requests;
    assert.ok(request !== undefined);
    await assert.rejects(request.accept(BUFFERS), RdmaError);
  });

  it("ends with the signal's reason, and the peer's acceptance fails", async () => {
    const requests: ConnectionRequest[] = [];
    const abort = new AbortController();
    await using listener = await provider.listen(LOCAL, (request) => {
      requests.push(request);
      abort.abort(new Error("enough"));
    });
    const { address, port } = listener;
    const connecting = provider.connect({ address, port, ...BUFFERS, signal: abort.signal });
    await assert.rejects(connecting, /enough/);
    const aborted = provider.connect({ address, port, ...BUFFERS, signal: abort.signal });
    await assert.rejects(aborted, /enough/);
    const [request] = requests;
    assert.ok(request !== undefined);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    await assert.rejects(request.accept(BUFFERS), RdmaError);
  });

  it("refuses a port that is taken, and frees it when it closes", async () => {
    const first = await provider.listen(LOCAL, () => undefined);
    const again = { address: first.address, port: first.port };
    await assert.rejects(
      provider.listen(again, () => undefined),
      (error) => error instanceof RdmaError && error.errno === 98,
    );
    await first.close();
    await first.close();
    const second = await provider.listen(again, () => undefined);
    await second.close();
  });

  it("keeps what arrives before delivery begins", async () => {
    await using pair = await connectPair();
    const { client, server } = pair;
    client.postSend(1, 0, 5);
    client.submit();
    await new Promise((resolve) => setImmediate(resolve));
    const received = await new Collector(server).until(1);
    assert.equal(received[0]?.bytes, 5);
  });

  it("disconnects in good order, and says so once to each side", async () => {
    const { client, server } = await connectPair();
    const [atClient, atServer] = [new Collector(client), new Collector(server)];
    client.postSend(1, 0, 5);
    client.submit();
    await atClient.until(1);
    await Promise.all([client.close(), client.close()]);
    assert.equal(await atClient.closed, undefined);
    assert.equal(await atServer.closed, undefined);
    const good = atServer.ended.filter(({ status }) => status === 0);
    assert.deepEqual(
      good.map(({ bytes }) => bytes),
      [5],
    );
    await server.close();
  });

  it("closes connections that nobody has started", async () => {
    const { client, server } = await connectPair();
    await client.close();
    await server.close();
  });

  it("tells the device and its limits", () => {
    const [device] = provider.devices();
    assert.equal(device?.name, "test0");
    assert.equal(device?.limits?.hasType2Windows, true);
    assert.equal(provider.isForTests, true);
  });
});

describe("the depths of iWARP", () => {
  it("are eight bytes, big-endian, IRD first", () => {
    const bytes = encodeIwarpDepths({ responderResources: 8, initiatorDepth: 258 });
    assert.deepEqual([...bytes], [0, 0, 0, 8, 0, 0, 1, 2]);
    assert.deepEqual(decodeIwarpDepths(bytes), { responderResources: 8, initiatorDepth: 258 });
    assert.equal(decodeIwarpDepths(bytes.subarray(0, 7)), undefined);
  });
});
