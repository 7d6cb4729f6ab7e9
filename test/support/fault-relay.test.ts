import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { FaultRelay } from "./fault-relay.ts";

const SENT = Buffer.from("0123456789".repeat(1000));

/** All that comes until the end, and how the end came. */
async function received(
  socket: Socket,
): Promise<{ bytes: Buffer; reset: boolean; chunks: number }> {
  const chunks: Buffer[] = [];
  let reset = false;
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {
    reset = true;
  });
  await new Promise((resolve) => socket.on("close", resolve));
  return { bytes: Buffer.concat(chunks), reset, chunks: chunks.length };
}

describe("a relay that does what networks do", () => {
  let server: Server;
  /** What reached the server, of the connections in their order. */
  let arrived: Promise<{ bytes: Buffer; reset: boolean; chunks: number }>[] = [];
  before(async () => {
    server = createServer({ noDelay: true }, (socket) => {
      socket.write("ready");
      arrived.push(received(socket));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => {
    server.close();
  });

  /** Sends all of it through a relay that was prepared. */
  async function send(prepare: (relay: FaultRelay) => void): Promise<{
    readonly there: { bytes: Buffer; reset: boolean; chunks: number };
    readonly here: { bytes: Buffer; reset: boolean };
  }> {
    arrived = [];
    await using relay = await FaultRelay.start((server.address() as AddressInfo).port);
    prepare(relay);
    const socket = connect({ port: relay.port, host: "127.0.0.1" });
    const here = received(socket);
    socket.once("data", () => socket.end(SENT));
    const end = await here;
    const [there] = await Promise.all(arrived);
    assert.ok(there !== undefined);
    return { there, here: end };
  }

  it("passes everything on, and the end", async () => {
    const { there, here } = await send(() => {});
    assert.deepEqual(there.bytes, SENT);
    assert.equal(there.reset || here.reset, false);
  });

  it("ends a connection at a byte: what came before it arrives", async () => {
    const { there, here } = await send((relay) => {
      relay.at("up", 1234, (connection) => connection.cut("end"));
    });
    assert.deepEqual(there.bytes, SENT.subarray(0, 1234));
    assert.equal(there.reset || here.reset, false);
  });

  it("resets a connection at a byte: nothing from there on arrives", async () => {
    const { there, here } = await send((relay) => {
      relay.at("up", 1234, (connection) => connection.cut());
    });
    assert.deepEqual(there.bytes, SENT.subarray(0, there.bytes.length));
    assert.ok(there.bytes.length <= 1234);
    // Where data came with it, Node shows the server's reset as an end.
    assert.equal(here.reset, true);
  });

  it("lets a byte be changed", async () => {
    const { there } = await send((relay) => {
      relay.at("up", 5000, (_, rest) => rest.fill("x", 0, 1));
    });
    const wanted = Buffer.from(SENT);
    wanted.fill("x", 5000, 5001);
    assert.deepEqual(there.bytes, wanted);
  });

  it("splits what goes on, and loses nothing", async () => {
    const { there } = await send((relay) => {
      relay.at("up", 0, (connection) => connection.split("up", 300, 5));
    });
    assert.deepEqual(there.bytes, SENT);
    assert.ok(there.chunks > 3, `${there.chunks} pieces`);
  });

  it("holds a direction up for a while", async () => {
    const started = performance.now();
    const { there } = await send((relay) => {
      relay.at("up", 100, (connection) => connection.stall("up", 80));
    });
    assert.deepEqual(there.bytes, SENT);
    assert.ok(performance.now() - started >= 79);
  });

  it("slows a direction down", async () => {
    const started = performance.now();
    const { there } = await send((relay) => {
      relay.at("up", 0, (connection) => connection.slow("up", 100));
    });
    assert.deepEqual(there.bytes, SENT);
    assert.ok(performance.now() - started >= SENT.length / 100 - 30);
  });

  it("refuses connections when it is to", async () => {
    await using relay = await FaultRelay.start((server.address() as AddressInfo).port);
    relay.refuses = true;
    const socket = connect({ port: relay.port, host: "127.0.0.1" });
    const { reset } = await received(socket);
    assert.equal(reset, true);
    assert.equal(relay.connections.length, 0);
  });
});
