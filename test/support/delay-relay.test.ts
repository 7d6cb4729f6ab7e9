import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { after, before, describe, it } from "node:test";
import { type DelayRelay, startDelayRelay } from "./delay-relay.ts";

const ROUND_TRIP_MS = 20;

describe("the delay relay", () => {
  let server: Server;
  let relay: DelayRelay;

  before(async () => {
    server = createServer((socket) => socket.pipe(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    relay = await startDelayRelay((server.address() as AddressInfo).port, ROUND_TRIP_MS);
  });
  after(async () => {
    await relay.stop();
    server.close();
  });

  it("takes half of the time in each direction", async () => {
    const socket = connect({ host: "127.0.0.1", port: relay.port, noDelay: true });
    await once(socket, "connect");
    const started = performance.now();
    socket.write("ping");
    await once(socket, "data");
    assert.ok(performance.now() - started >= ROUND_TRIP_MS - 1);
    socket.destroy();
  });

  it("keeps the order, loses nothing, and passes on the end", async () => {
    const socket = connect({ host: "127.0.0.1", port: relay.port });
    const sent = Buffer.alloc(8 * 1024 * 1024, "0123456789abcdefghijklmnopqrstu");
    const received: Buffer[] = [];
    socket.on("data", (bytes: Buffer) => received.push(bytes));
    socket.end(sent);
    await once(socket, "end");
    assert.ok(Buffer.concat(received).equals(sent));
  });
});
