import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { DialFailure, TransportClosedError, WireFormatError } from "../../../src/core/errors.ts";
import type { Transport } from "../../../src/core/transport.ts";
import { tcpTransport } from "../../../src/transports/tcp/tcp-transport.ts";
import { Recorder } from "../../compliance/recorder.ts";
import { bytesOf, untilStill } from "../../compliance/transport.ts";
import { ManualClock } from "../../support/clock.ts";
import { SocketServer } from "../socket-server.ts";

const never = new AbortController().signal;

describe("a TCP connection", () => {
  let server: SocketServer;
  before(async () => {
    server = await SocketServer.listen();
  });
  after(() => server[Symbol.asyncDispose]());

  async function connected(clock?: ManualClock): Promise<[Transport, Socket]> {
    const factory = tcpTransport(clock === undefined ? {} : { clock });
    const transport = await factory.dial(
      { host: "127.0.0.1", port: server.port },
      { signal: never },
    );
    return [transport, await server.next()];
  }

  /** What the transport says when its peer writes `bytes` and, where told to, leaves. */
  async function fateOf(
    bytes: Uint8Array | string,
    isLeaving = false,
  ): Promise<[Error, Transport]> {
    const [transport, peer] = await connected();
    const recorder = new Recorder();
    transport.start(recorder);
    if (isLeaving) peer.end(bytes);
    else peer.write(bytes);
    const error = await recorder.whenClosed;
    assert.ok(error !== undefined);
    await assert.rejects(transport.send([bytesOf(1, 1)]), TransportClosedError);
    await transport.close();
    assert.deepEqual(recorder.closures, [error]);
    return [error, transport];
  }

  it("is written as address and port", async () => {
    const [transport, peer] = await connected();
    peer.destroy();
    assert.equal(transport.remoteAddress, `127.0.0.1:${server.port}`);
    assert.equal(transport.kind, "tcp");
    assert.equal(transport.isEncrypted, false);
    assert.equal(transport.maxMessageSize, 0xff_ffff);
    await transport.close();
  });

  it("puts a big-endian length in front of a message, in one packet where it is small", async () => {
    const [transport, peer] = await connected();
    await transport.send([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    const [bytes] = await once(peer.resume(), "data");
    assert.deepEqual([...bytes], [0, 0, 0, 3, 1, 2, 3]);
    await transport.close();
  });

  for (const [what, bytes, words] of [
    ["an HTTP server", "HTTP/1.1 400 Bad Request\r\n", /look like HTTP: is this an SMB port\?/],
    ["an SSH server", "SSH-2.0-OpenSSH_9.2\r\n", /look like SSH/],
    ["a TLS server", Uint8Array.of(0x15, 3, 1, 0, 2, 2, 70), /look like TLS/],
    ["a mail server", "220 mail ESMTP\r\n", /look like FTP or mail/],
    ["a greeting", "Welcome!\r\n", /are text/],
    ["an empty message", Uint8Array.of(0, 0, 0, 0), /without a single byte/],
  ] as const) {
    it(`ends with a clear error on ${what}`, async () => {
      const [error] = await fateOf(bytes);
      assert.ok(error instanceof WireFormatError);
      assert.match(error.message, words);
    });
  }

  it("tells a peer that leaves in the middle of a message", async () => {
    const [error] = await fateOf(Uint8Array.of(0, 0, 0, 9, 1, 2), true);
    assert.ok(error instanceof TransportClosedError);
    assert.match(error.message, /in the middle of a message/);
    const [inPrefix] = await fateOf(Uint8Array.of(0, 0), true);
    assert.match(inPrefix.message, /in the middle of a message/);
  });

  it("turns a reset into a TransportClosedError with its reason", async () => {
    const [transport, peer] = await connected();
    const recorder = new Recorder();
    transport.start(recorder);
    peer.resetAndDestroy();
    const error = await recorder.whenClosed;
    assert.ok(error instanceof TransportClosedError);
    assert.equal(error.reason, "reset");
    assert.match(error.message, /connection reset/);
    await assert.rejects(
      transport.send([bytesOf(1, 1)]),
      (later) => later instanceof TransportClosedError && later.reason === "reset",
    );
  });

  it("rejects the messages that a reset caught on their way", async () => {
    const [transport, peer] = await connected();
    transport.start(new Recorder());
    const sends = Array.from({ length: 40 }, () => transport.send([new Uint8Array(1_000_000)]));
    const outcomes = Promise.allSettled(sends);
    await untilStill(() => transport.bytesSent);
    peer.resetAndDestroy();
    const last = (await outcomes).at(-1);
    assert.ok(last?.status === "rejected" && last.reason instanceof TransportClosedError);
  });

  it("holds back small messages as well as large ones", async () => {
    const [transport, peer] = await connected();
    const message = [new Uint8Array(10_000)];
    let accepted = 0;
    const sending = (async () => {
      for (; accepted < 10_000; accepted += 1) await transport.send(message);
    })();
    const outcome = assert.rejects(sending, TransportClosedError);
    await untilStill(() => accepted);
    assert.ok(accepted < 10_000);
    peer.destroy();
    await outcome;
  });

  it("reports a loss that came before start, once, after start", async () => {
    const [transport, peer] = await connected();
    peer.resetAndDestroy();
    await once(peer, "close");
    await transport.send([bytesOf(1, 1)]).catch(() => undefined);
    const recorder = new Recorder();
    transport.start(recorder);
    assert.deepEqual(recorder.closures.length, 0);
    assert.ok((await recorder.whenClosed) instanceof TransportClosedError);
  });

  it("does not wait for a peer that never takes what was sent", async () => {
    const clock = new ManualClock();
    const [transport] = await connected(clock);
    const recorder = new Recorder();
    transport.start(recorder);
    const sends = Array.from({ length: 40 }, () => transport.send([new Uint8Array(1_000_000)]));
    const outcomes = Promise.allSettled(sends);
    await untilStill(() => transport.bytesSent);
    const closing = transport.close();
    clock.advance(5000);
    await closing;
    assert.equal((await outcomes).at(-1)?.status, "rejected");
    assert.deepEqual(recorder.closures, [undefined]);
  });
});

describe("a half-open peer", () => {
  it("is left behind after a moment", async () => {
    const clock = new ManualClock();
    const peers: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => peers.push(socket.resume()));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const port = (server.address() as { port: number }).port;
    const transport = await tcpTransport({ clock }).dial(
      { host: "127.0.0.1", port },
      { signal: never },
    );
    let isClosed = false;
    const closing = transport.close().then(() => {
      isClosed = true;
    });
    await untilStill(() => clock.pending);
    assert.equal(isClosed, false);
    clock.advance(500);
    await closing;
    for (const peer of peers) peer.destroy();
    server.close();
  });
});

describe("dialling tcp", () => {
  async function portWithoutServer(): Promise<number> {
    const server = await SocketServer.listen();
    const { port } = server;
    await server[Symbol.asyncDispose]();
    return port;
  }

  async function failureOf(dialling: Promise<Transport>): Promise<DialFailure> {
    const error = await dialling.then(
      () => assert.fail("it connected"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof DialFailure, String(error));
    return error;
  }

  it("says that nothing listens", async () => {
    const port = await portWithoutServer();
    const error = await failureOf(
      tcpTransport().dial({ host: "127.0.0.1", port }, { signal: never }),
    );
    assert.equal(error.message, `127.0.0.1:${port}: connection refused, nothing listens there`);
    assert.equal(error.reason, "refused");
    assert.equal(error.ntStatusName, "NT_STATUS_CONNECTION_REFUSED");
    assert.equal((error.cause as { code?: string }).code, "ECONNREFUSED");
  });

  it("tries every address and keeps the failure of each", async () => {
    const port = await portWithoutServer();
    const factory = tcpTransport({ resolve: async () => ["127.0.0.1", "127.0.0.2", "127.0.0.3"] });
    const error = await failureOf(factory.dial({ host: "nas", port }, { signal: never }));
    assert.equal(error.address, `nas:${port}`);
    for (const address of ["127.0.0.1", "127.0.0.2", "127.0.0.3"]) {
      assert.ok(error.message.includes(`${address}:${port} connection refused`), error.message);
    }
    assert.equal((error.cause as AggregateError).errors.length, 3);
  });

  it("connects to a later address when the first refuses", async () => {
    const server = await SocketServer.listen("127.0.0.1");
    const factory = tcpTransport({ resolve: async () => ["127.0.0.2", "127.0.0.1"] });
    const wire = await factory.dial({ host: "nas", port: server.port }, { signal: never });
    assert.equal(wire.remoteAddress, `127.0.0.1:${server.port}`);
    await server[Symbol.asyncDispose]();
    await wire.close();
  });

  it("goes to the address that it is told, whatever the name", async () => {
    const server = await SocketServer.listen();
    const resolve = (): Promise<never> => Promise.reject(new Error("asked for a name"));
    const wire = await tcpTransport({ resolve }).dial(
      { host: "nas", address: "127.0.0.1", port: server.port },
      { signal: never },
    );
    await server[Symbol.asyncDispose]();
    await wire.close();
  });

  for (const [code, reason, status] of [
    ["ENOTFOUND", "not-found", "NT_STATUS_UNSUCCESSFUL"],
    ["EAI_AGAIN", "not-found", "NT_STATUS_UNSUCCESSFUL"],
  ] as const) {
    it(`explains ${code}`, async () => {
      const cause = Object.assign(new Error(`getaddrinfo ${code}`), { code });
      const factory = tcpTransport({ resolve: () => Promise.reject(cause) });
      const error = await failureOf(factory.dial({ host: "nas" }, { signal: never }));
      assert.deepEqual([error.address, error.reason, error.ntStatusName], ["nas", reason, status]);
      assert.equal(error.cause, cause);
    });
  }

  it("says that a name has no address", async () => {
    const factory = tcpTransport({ resolve: async () => [] });
    const error = await failureOf(factory.dial({ host: "nas" }, { signal: never }));
    assert.equal(error.message, "nas:445: the name has no address");
  });

  it("gives up after the time-out", async () => {
    const clock = new ManualClock();
    const factory = tcpTransport({ clock, resolve: () => new Promise(() => undefined) });
    const dialling = failureOf(
      factory.dial({ host: "nas" }, { signal: never, connectTimeoutMs: 3000 }),
    );
    clock.advance(3000);
    const error = await dialling;
    assert.equal(error.message, "nas: the name was not resolved within 3 s");
    assert.equal(error.reason, "timeout");
    assert.equal(error.ntStatusName, "NT_STATUS_IO_TIMEOUT");
    assert.equal(clock.pending, 0);
  });

  /** Lets promises settle without letting the system answer. */
  async function beforeAnyAnswer(): Promise<void> {
    for (let step = 0; step < 50; step += 1) await Promise.resolve();
  }

  it("gives up on addresses that stay silent, and names each", async () => {
    const server = await SocketServer.listen("127.0.0.1");
    const clock = new ManualClock();
    const factory = tcpTransport({ clock, resolve: async () => ["127.0.0.1", "127.0.0.2"] });
    const dialling = failureOf(factory.dial({ host: "nas", port: server.port }, { signal: never }));
    await beforeAnyAnswer();
    clock.advance(10_000);
    const error = await dialling;
    const words = ["127.0.0.1", "127.0.0.2"].map(
      (address) => `${address}:${server.port} no answer within 10 s`,
    );
    assert.equal(error.words, words.join(", "));
    assert.equal(error.reason, "timeout");
    assert.equal(clock.pending, 0);
    await server[Symbol.asyncDispose]();
  });

  it("tries the next address beside one that is slow, and drops the loser", async () => {
    const server = await SocketServer.listen("0.0.0.0");
    const clock = new ManualClock();
    const factory = tcpTransport({ clock, resolve: async () => ["127.0.0.1", "127.0.0.2"] });
    const dialling = factory.dial({ host: "nas", port: server.port }, { signal: never });
    await beforeAnyAnswer();
    clock.advance(250);
    const wire = await dialling;
    const peers = [await server.next(), await server.next()];
    const ends = peers.map((peer) => once(peer.resume(), "close"));
    await Promise.race(ends);
    assert.equal(peers.filter((peer) => !peer.destroyed).length, 1);
    await wire.close();
    await Promise.all(ends);
    await server[Symbol.asyncDispose]();
  });

  it("stops connecting when it is aborted", async () => {
    const server = await SocketServer.listen();
    const controller = new AbortController();
    const dialling = tcpTransport().dial(
      { host: "127.0.0.1", port: server.port },
      { signal: controller.signal },
    );
    await beforeAnyAnswer();
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(dialling, reason);
    await server[Symbol.asyncDispose]();
  });

  it("stops when it is aborted", async () => {
    const controller = new AbortController();
    const factory = tcpTransport({ resolve: () => new Promise(() => undefined) });
    const dialling = factory.dial({ host: "nas" }, { signal: controller.signal });
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(dialling, reason);
  });
});
