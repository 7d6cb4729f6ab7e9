import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  libraryVersions,
  type QuicConnection,
  type QuicError,
  type QuicStream,
} from "../lib/index.ts";
import {
  digestOf,
  echo,
  pattern,
  portOf,
  readAll,
  scoped,
  sendPattern,
  skip,
  turns,
} from "./support.ts";

describe("streams", { skip }, () => {
  it("carry 256 MiB to the server and back, byte for byte", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo);
      const connection = await scope.connect(portOf(server));
      const stream = connection.openBidi();
      const received = digestOf(stream);
      const total = 256 << 20;
      const sent = await sendPattern(stream, total, 1);
      assert.deepEqual(await received, { length: total, sha256: sent });
      assert.ok(connection.counters.bytesReceived > total);
      assert.ok(connection.counters.bytesSent > total);
    }));

  it("carry datagrams of Ethernet's size as well, with and without the kernel's help", () =>
    scoped(async (scope) => {
      for (const offload of [true, false]) {
        const options = { maxDatagram: 1452, gso: offload, gro: offload };
        const server = scope.listen(echo, options);
        const connection = await scope.connect(portOf(server), options);
        const stream = connection.openBidi();
        const received = digestOf(stream);
        const total = 12 << 20;
        const sent = await sendPattern(stream, total, 2);
        assert.deepEqual(await received, { length: total, sha256: sent });
        assert.equal(connection.counters.maxDatagram, 1452);
        assert.equal(server.statistics.usesGso, offload);
        const { datagramsSent, sendCalls } = server.statistics;
        if (offload)
          assert.ok(datagramsSent / sendCalls > 4, `${datagramsSent / sendCalls} a call`);
      }
    }));

  it("works over IPv6", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo, { host: "::" });
      for (const address of ["::1", "127.0.0.1"]) {
        const connection = await scope.connect(portOf(server), { address });
        const stream = connection.openBidi();
        const received = readAll(stream);
        await stream.write(Buffer.from("hello"));
        stream.end();
        assert.equal((await received).toString(), "hello");
        assert.equal(connection.info.remote.address, address);
      }
    }));

  it("run side by side, more than the peer allows at once", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo, { maxBidiStreams: 20 });
      const connection = await scope.connect(portOf(server));
      const exchanges = Array.from({ length: 300 }, async (_, index) => {
        const stream = connection.openBidi();
        const received = readAll(stream);
        const bytes = pattern(1 + index * 331, index);
        const written = stream.write(bytes);
        stream.end();
        assert.ok(bytes.equals(await received), `stream ${index}`);
        await written;
        await stream.closed;
      });
      await Promise.all(exchanges);
    }));

  it("are opened by the server, in one direction or both", () =>
    scoped(async (scope) => {
      const ended = new Promise<string>((resolve) => {
        const server = scope.listen((connection) => {
          const oneWay = connection.openUni();
          void oneWay.write(Buffer.from("from the server"));
          oneWay.end();
          const bothWays = connection.openBidi();
          void readAll(bothWays).then((bytes) => resolve(bytes.toString()));
          void bothWays.write(Buffer.from("question"));
          bothWays.end();
        });
        void scope.connect(portOf(server)).then((connection) => {
          connection.onStream((stream) => {
            void readAll(stream).then(async (bytes) => {
              if (!stream.isBidirectional) return;
              assert.equal(stream.isLocal, false);
              await stream.write(Buffer.from(`answer to ${bytes}`));
              stream.end();
            });
          });
        });
      });
      assert.equal(await ended, "answer to question");
    }));

  it("close by halves: the answer comes after our end", () =>
    scoped(async (scope) => {
      const server = scope.listen((connection) => {
        connection.onStream((stream) => {
          void readAll(stream).then(async (question) => {
            await stream.write(Buffer.from(`${question.length} bytes`));
            stream.end();
          });
        });
      });
      const connection = await scope.connect(portOf(server));
      const stream = connection.openBidi();
      const written = stream.write(pattern(1_000_000, 1));
      stream.end();
      assert.equal((await readAll(stream)).toString(), "1000000 bytes");
      await written;
      await stream.closed;
      await assert.rejects(stream.write(Buffer.from("more")), /ended before/);
    }));

  it("hold the sender back while nobody reads, and deliver all of it later", () =>
    scoped(async (scope) => {
      const incoming = new Promise<QuicStream>((resolve) => {
        const server = scope.listen((connection) => connection.onStream(resolve), {
          streamWindow: 1 << 20,
          connectionWindow: 2 << 20,
        });
        void scope.connect(portOf(server)).then(async (connection) => {
          const stream = connection.openUni();
          for (let index = 0; index < 200; index += 1) {
            await stream.write(pattern(100_000, index));
            accepted += 1;
          }
          stream.end();
        });
      });
      let accepted = 0;
      const stream = await incoming;
      while (accepted < 9) await turns(5);
      for (let still = 0; still < 100; still += 1) await turns(5);
      assert.ok(accepted <= 11, `${accepted} writes of 100,000 bytes`);
      assert.equal((await readAll(stream)).length, 20_000_000);
    }));

  it("pause and resume", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo);
      const connection = await scope.connect(portOf(server));
      const stream = connection.openBidi();
      let received = 0;
      let isPaused = false;
      const done = new Promise<void>((resolve, reject) => {
        stream.start({
          data: (bytes) => {
            if (isPaused) reject(new Error("data while paused"));
            received += bytes.length;
            stream.pause();
            isPaused = true;
            setImmediate(() => {
              isPaused = false;
              stream.resume();
            });
          },
          end: resolve,
          error: reject,
        });
      });
      await stream.write(pattern(3_000_000, 1));
      stream.end();
      await done;
      assert.equal(received, 3_000_000);
    }));

  it("places bytes in the reader's own memory, never beyond it", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo);
      const connection = await scope.connect(portOf(server));
      const stream = connection.openBidi();
      const bytes = pattern(500_000, 5);
      const memory = new Uint8Array(bytes.length + 1000).fill(0xee);
      let filled = 0;
      const sizes = [1, 7, 1000, 65_536, 100_000];
      const done = new Promise<void>((resolve, reject) => {
        stream.start({
          writable: () => {
            const size = sizes[filled % sizes.length] ?? 1;
            return memory.subarray(filled, Math.min(filled + size, bytes.length + 500));
          },
          advance: (count) => {
            filled += count;
          },
          end: resolve,
          error: reject,
        });
      });
      await stream.write(bytes);
      stream.end();
      await done;
      assert.equal(filled, bytes.length);
      assert.ok(bytes.equals(memory.subarray(0, filled)));
      assert.ok(memory.subarray(filled).every((byte) => byte === 0xee));
    }));

  it("survive a reader that lets its memory go", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo);
      const connection = await scope.connect(portOf(server));
      const stream = connection.openBidi();
      const memory = new Uint8Array(100_000);
      stream.start({
        writable: () => memory,
        advance: () => undefined,
        end: () => undefined,
      });
      structuredClone(memory, { transfer: [memory.buffer] });
      await stream.write(pattern(300_000, 5));
      const other = connection.openBidi();
      const received = readAll(other);
      await other.write(Buffer.from("still there"));
      other.end();
      assert.equal((await received).toString(), "still there");
    }));

  it("are reset and stopped, with codes", () =>
    scoped(async (scope) => {
      const streams: QuicStream[] = [];
      let opened: () => void = () => undefined;
      const server = scope.listen((connection: QuicConnection) => {
        connection.onStream((stream) => {
          streams.push(stream);
          opened();
        });
      });
      const connection = await scope.connect(portOf(server));
      const reset = connection.openBidi();
      const first = new Promise<void>((resolve) => {
        opened = resolve;
      });
      await reset.write(Buffer.from("x"));
      await first;
      const failure = new Promise<QuicError>((resolve) => {
        streams[0]?.start({ data: () => undefined, end: () => undefined, error: resolve });
      });
      reset.reset(77);
      assert.equal((await failure).errorCode, 77);
      await assert.rejects(reset.write(Buffer.from("y")), { kind: "stream" });

      const stopped = connection.openBidi();
      const second = new Promise<void>((resolve) => {
        opened = resolve;
      });
      await stopped.write(Buffer.from("x"));
      await second;
      streams[1]?.stopSending(78);
      const [, minor] = libraryVersions().split(".").map(Number);
      await assert.rejects(
        async () => {
          for (;;) await stopped.write(pattern(100_000, 1));
        },
        { kind: "stream", isRemote: true, errorCode: Number(minor) >= 24 ? 78 : 0 },
      );
    }));
});
