import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { TransportClosedError, TransportError } from "../../src/core/errors.ts";
import type { Transport } from "../../src/core/transport.ts";
import { Recorder } from "./recorder.ts";

/** Opens a fresh pair of connected transports of one wire; rejects when the signal aborts. */
export type Connect = (
  signal: AbortSignal,
) => Promise<readonly [client: Transport, server: Transport]>;

/** Two ends, each with a recorder that is listening. */
interface Pair {
  readonly client: Transport;
  readonly server: Transport;
  readonly atClient: Recorder;
  readonly atServer: Recorder;
}

/** The rules that every wire keeps. A new wire is done when it passes them. */
export function describeTransport(name: string, connect: Connect): void {
  describe(`${name} is a Transport`, () => {
    const open: Transport[] = [];
    afterEach(() => Promise.all(open.splice(0).map((each) => each.close())));

    async function connected(): Promise<readonly [Transport, Transport]> {
      const pair = await connect(new AbortController().signal);
      open.push(...pair);
      return pair;
    }

    async function listening(): Promise<Pair> {
      const [client, server] = await connected();
      const atClient = new Recorder();
      const atServer = new Recorder();
      client.start(atClient);
      server.start(atServer);
      return { client, server, atClient, atServer };
    }

    it("delivers messages whole and in order", async () => {
      const { client, server, atClient, atServer } = await listening();
      const sizes = [1, 2, 116, 4095, 4096, 16_383, 16_384, 65_531, 65_536, 100_000, 1];
      for (const [index, size] of sizes.entries()) await client.send([bytesOf(size, index)]);
      for (const [index, size] of sizes.entries()) {
        assert.deepEqual(await atServer.next(), bytesOf(size, index));
      }
      await server.send([bytesOf(77, 1)]);
      assert.deepEqual(await atClient.next(), bytesOf(77, 1));
    });

    it("sends a gather list as one message", async () => {
      const { client, atServer } = await listening();
      const parts = [116, 0, 70_000, 3, 20_000, 8].map((size, index) => bytesOf(size, index));
      await client.send(parts);
      await client.send([bytesOf(5, 9)]);
      assert.deepEqual(await atServer.next(), new Uint8Array(Buffer.concat(parts)));
      assert.deepEqual(await atServer.next(), bytesOf(5, 9));
    });

    it("delivers many small messages that were sent at once", async () => {
      const { client, atServer } = await listening();
      const count = 5000;
      const sent = Array.from({ length: count }, (_, index) =>
        client.send([bytesOf(1 + (index % 300), index)]),
      );
      for (let index = 0; index < count; index += 1) {
        assert.deepEqual(await atServer.next(), bytesOf(1 + (index % 300), index));
      }
      await Promise.all(sent);
    });

    it("carries a message of maxMessageSize and refuses one byte more", async () => {
      const { client, atServer } = await listening();
      const largest = bytesOf(client.maxMessageSize, 3);
      await client.send([largest]);
      assert.ok(Buffer.from(largest.buffer).equals(await atServer.next()));
      await assert.rejects(client.send([largest, Uint8Array.of(1)]), TransportError);
      await assert.rejects(client.send([]), TransportError);
      await client.send([bytesOf(10, 1)]);
      assert.deepEqual(await atServer.next(), bytesOf(10, 1));
    });

    it("lets the buffers be reused once send has resolved", async () => {
      const { client, atServer } = await listening();
      for (const size of [100, 40_000, client.maxMessageSize]) {
        const buffer = bytesOf(size, 1);
        await client.send([buffer]);
        buffer.fill(0xee);
        assert.ok(Buffer.from(bytesOf(size, 1).buffer).equals(await atServer.next()));
      }
    });

    it("keeps what arrives before start", async () => {
      const [client, server] = await connected();
      const sent = client.send([bytesOf(50, 2)]);
      await turns(5);
      const atServer = new Recorder();
      server.start(atServer);
      assert.deepEqual(await atServer.next(), bytesOf(50, 2));
      await sent;
    });

    it("holds the sender back while nobody reads", async () => {
      const [client, server] = await connected();
      const size = 100_000;
      const count = 1000;
      let accepted = 0;
      const sending = (async () => {
        for (; accepted < count; accepted += 1) await client.send([bytesOf(size, accepted)]);
      })();
      await untilStill(() => accepted);
      assert.ok(accepted < count, `${accepted * size} bytes were accepted without a reader`);
      const atServer = new Recorder();
      server.start(atServer);
      for (let index = 0; index < count; index += 1) {
        assert.equal((await atServer.next())[0], bytesOf(1, index)[0]);
      }
      await sending;
    });

    it("counts the bytes of both directions", async () => {
      const { client, server, atServer } = await listening();
      await client.send([bytesOf(1000, 1)]);
      await atServer.next();
      assert.ok(client.bytesSent >= 1000);
      assert.ok(server.bytesReceived >= 1000);
    });

    it("rejects send after close, and closes twice", async () => {
      const { client, atClient } = await listening();
      await client.close();
      await client.close();
      await client[Symbol.asyncDispose]();
      await assert.rejects(client.send([bytesOf(1, 1)]), TransportClosedError);
      assert.deepEqual(atClient.closures, [undefined]);
    });

    it("closes before it was started", async () => {
      const [client, server] = await connected();
      await Promise.all([client.close(), server.close()]);
      await assert.rejects(server.send([bytesOf(1, 1)]), TransportClosedError);
    });

    it("flushes what was accepted before it closes", async () => {
      const { client, atServer } = await listening();
      const sent = Array.from({ length: 20 }, (_, index) => client.send([bytesOf(60_000, index)]));
      const closing = client.close();
      for (let index = 0; index < sent.length; index += 1) {
        assert.deepEqual(await atServer.next(), bytesOf(60_000, index));
      }
      await closing;
      await Promise.all(sent);
    });

    it("reports the peer's close once, last", async () => {
      const { client, server, atServer } = await listening();
      await client.send([bytesOf(30_000, 1)]);
      await client.close();
      assert.equal(await atServer.whenClosed, undefined);
      await server.close();
      await turns(3);
      assert.deepEqual(atServer.closures, [undefined]);
      assert.equal(atServer.messageCount, 1);
      assert.equal(atServer.messagesAfterClose, 0);
      await assert.rejects(server.send([bytesOf(1, 1)]), TransportClosedError);
    });

    it("honours an abort while dialling", async () => {
      const reason = new Error("changed my mind");
      await assert.rejects(connect(AbortSignal.abort(reason)), reason);
    });
  });
}

/** Bytes that differ with `seed` and with their place. */
export function bytesOf(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 31 + seed * 7 + (at >> 8)) & 0xff;
  return bytes;
}

/** Lets the event loop turn. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits until a number has stayed the same for many turns of the event loop. */
export async function untilStill(read: () => number): Promise<void> {
  let last = read();
  for (let still = 0; still < 50; still += 1) {
    await turns(1);
    if (read() !== last) still = 0;
    last = read();
  }
}
