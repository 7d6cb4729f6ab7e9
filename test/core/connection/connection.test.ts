import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Connection } from "../../../src/core/connection/connection.ts";
import { ProtocolError, TransportClosedError, WireFormatError } from "../../../src/core/errors.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { NtStatusError } from "../../../src/core/nt-status-error.ts";
import { Command, Dialect, HeaderFlags } from "../../../src/core/smb2/constants.ts";
import type { Transport, TransportSink } from "../../../src/core/transport.ts";
import { ManualClock } from "../../support/clock.ts";
import type { FakeRequest, FakeServer } from "../../support/fake-server.ts";
import { CLOSED, CREATED, connected, openFile } from "../../support/fake-session.ts";

/** A wire that breaks as soon as somebody listens. */
class FailingWire implements Transport {
  readonly kind = "tcp";
  readonly remoteAddress = "192.0.2.1:445";
  readonly maxMessageSize = 0xff_ffff;
  readonly isEncrypted = false;
  readonly bytesReceived = 0;
  readonly bytesSent = 0;
  readonly #error: Error;

  constructor(error: Error) {
    this.#error = error;
  }

  start(sink: TransportSink): void {
    queueMicrotask(() => sink.closed(this.#error));
  }

  async send(): Promise<void> {}

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}
}

describe("a connection", () => {
  for (const dialect of Object.values(Dialect).filter((d) => d !== Dialect.SMB_2_WILDCARD)) {
    it(`signs and verifies with dialect 0x${dialect.toString(16)}`, async () => {
      const { server, file } = await openFile({ dialect });
      server.on(Command.READ, ({ reply }) =>
        reply({ body: { data: Uint8Array.of(1, 2, 3), dataRemaining: 0, flags: 0 } }),
      );
      const into = new Uint8Array(10);
      assert.equal(await file.read(into, 0), 3);
      assert.deepEqual([...into.subarray(0, 3)], [1, 2, 3]);
      const [request] = server.requestsOf(Command.READ);
      assert.ok(((request?.header.flags ?? 0) & HeaderFlags.SIGNED) !== 0);
    });
  }

  it("matches replies that come out of order", async () => {
    const { server, file } = await openFile();
    const held: FakeRequest[] = [];
    server.on(Command.READ, (request) => {
      held.push(request);
      if (held.length < 3) return;
      for (const each of held.toReversed()) {
        const { offset } = each.body as { offset: number };
        each.reply({ body: { data: Uint8Array.of(offset), dataRemaining: 0, flags: 0 } });
      }
    });
    const results = await Promise.all(
      [1, 2, 3].map(async (offset) => {
        const into = new Uint8Array(1);
        await file.read(into, offset);
        return into[0];
      }),
    );
    assert.deepEqual(results, [1, 2, 3]);
  });

  it("waits for the final response after STATUS_PENDING and takes its credits", async () => {
    const { server, client, file } = await openFile({ credits: 1 });
    server.on(Command.READ, ({ reply }) => {
      reply({
        status: NtStatus.PENDING,
        flags: HeaderFlags.ASYNC_COMMAND,
        asyncId: 5n,
        credits: 3,
        unsigned: true,
      });
      reply({
        flags: HeaderFlags.ASYNC_COMMAND,
        asyncId: 5n,
        credits: 0,
        body: { data: new Uint8Array(4), dataRemaining: 0, flags: 0 },
      });
    });
    const before = client.connection.creditLimit;
    assert.equal(await file.read(new Uint8Array(4), 0), 4);
    assert.equal(client.connection.creditLimit, before - 1 + 3);
  });

  it("cancels an aborted request by its AsyncId and survives the late answer", async () => {
    const { server, file } = await openFile();
    let pending: FakeRequest | undefined;
    server.on(Command.READ, (request) => {
      pending = request;
      request.reply({
        status: NtStatus.PENDING,
        flags: HeaderFlags.ASYNC_COMMAND,
        asyncId: 77n,
        unsigned: true,
      });
    });
    server.on(Command.CANCEL, () => {
      pending?.reply({
        status: NtStatus.CANCELLED,
        flags: HeaderFlags.ASYNC_COMMAND,
        asyncId: 77n,
      });
    });
    const abort = new AbortController();
    const reading = file.read(new Uint8Array(4), 0, { signal: abort.signal });
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort(new Error("enough"));
    await assert.rejects(reading, /enough/);
    await new Promise((resolve) => setImmediate(resolve));
    const [cancel] = server.requestsOf(Command.CANCEL);
    assert.equal(cancel?.header.asyncId, 77n);
    assert.equal(cancel?.header.messageId, pending?.header.messageId);
    await file.close();
  });

  it("closes a file whose CREATE was answered after the caller had gone", async () => {
    const { server, tree } = await connected();
    let late: FakeRequest | undefined;
    server.on(Command.CREATE, (request) => {
      late = request;
    });
    const abort = new AbortController();
    const opening = tree.openFile("x", { access: 1, signal: abort.signal });
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await assert.rejects(opening, { name: "AbortError" });
    const closed = new Promise<void>((resolve) => {
      server.on(Command.CLOSE, ({ reply }) => {
        reply({ body: CLOSED });
        resolve();
      });
    });
    late?.reply({ body: CREATED });
    await closed;
    assert.equal(server.requestsOf(Command.CLOSE).length, 1);
  });

  it("never has more credits in use than the server granted", async () => {
    const { server, file, client } = await openFile({ credits: 4 });
    let inFlight = 0;
    let most = 0;
    const held: FakeRequest[] = [];
    server.on(Command.READ, (request) => {
      inFlight += Math.max(1, request.header.creditCharge);
      most = Math.max(most, inFlight);
      held.push(request);
      setImmediate(() => {
        for (const each of held.splice(0)) {
          const charge = Math.max(1, each.header.creditCharge);
          inFlight -= charge;
          each.reply({
            credits: charge,
            body: { data: new Uint8Array(1), dataRemaining: 0, flags: 0 },
          });
        }
      });
    });
    const limit = client.connection.creditLimit;
    const reads = Array.from({ length: 50 }, (_, i) =>
      file.read(new Uint8Array(1 + (i % 3) * 65536), 0),
    );
    await Promise.all(reads);
    assert.ok(most <= limit, `${most} credits used of ${limit}`);
    assert.equal(client.connection.creditLimit, limit);
  });

  it("splits what one READ asks for by the credits it has", async () => {
    const { server, file, client } = await openFile({ credits: 1, maxReadSize: 1 << 20 });
    assert.ok(client.connection.creditLimit < 16);
    server.on(Command.READ, ({ body, reply }) =>
      reply({
        body: {
          data: new Uint8Array((body as { length: number }).length),
          dataRemaining: 0,
          flags: 0,
        },
      }),
    );
    const got = await file.read(new Uint8Array(1 << 20), 0);
    assert.ok(got >= 65536 && got < 1 << 20);
  });

  const breaches: readonly [string, (server: FakeServer) => void, RegExp][] = [
    [
      "an unsigned response",
      (s) =>
        s.on(Command.READ, ({ reply }) =>
          reply({ status: NtStatus.ACCESS_DENIED, unsigned: true }),
        ),
      /unsigned/,
    ],
    [
      "a changed byte",
      (s) =>
        s.on(Command.READ, ({ reply }) =>
          reply({
            body: { data: new Uint8Array(8), dataRemaining: 0, flags: 0 },
            tamper: flipLast,
          }),
        ),
      /altered/,
    ],
    [
      "an answer to nothing",
      (s) =>
        s.on(Command.READ, ({ reply }) =>
          reply({ status: NtStatus.ACCESS_DENIED, messageId: 40_000 }),
        ),
      /never sent/,
    ],
    [
      "SMB1",
      (s) =>
        s.on(Command.READ, () =>
          s.sendRaw(Uint8Array.of(0xff, 0x53, 0x4d, 0x42, ...new Uint8Array(60))),
        ),
      /SMB1/,
    ],
    [
      "compression",
      (s) =>
        s.on(Command.READ, () =>
          s.sendRaw(Uint8Array.of(0xfc, 0x53, 0x4d, 0x42, ...new Uint8Array(60))),
        ),
      /compress/,
    ],
    [
      "an encrypted frame of a strange session",
      (s) =>
        s.on(Command.READ, () =>
          s.sendRaw(Uint8Array.of(0xfd, 0x53, 0x4d, 0x42, ...new Uint8Array(100))),
        ),
      /session|encrypted/,
    ],
  ];
  for (const [name, provoke, message] of breaches) {
    it(`ends at ${name}`, async () => {
      const { server, client, file } = await openFile();
      provoke(server);
      await assert.rejects(file.read(new Uint8Array(8), 0), (error: unknown) => {
        assert.ok(
          error instanceof ProtocolError || error instanceof WireFormatError,
          String(error),
        );
        assert.match((error as Error).message, message);
        return true;
      });
      assert.equal(client.connection.isClosed, true);
      await assert.rejects(file.read(new Uint8Array(8), 0), ProtocolError);
    });
  }

  it("ends at a response cut short", async () => {
    const { server, client, file } = await openFile();
    server.on(Command.READ, () => server.sendRaw(Uint8Array.of(0xfe, 0x53, 0x4d, 0x42, 64)));
    await assert.rejects(file.read(new Uint8Array(8), 0), WireFormatError);
    assert.equal(client.connection.isClosed, true);
  });

  it("rejects everything under way when the server hangs up", async () => {
    const { server, file } = await openFile();
    server.on(Command.READ, () => {});
    const reads = [1, 2, 3].map((offset) => file.read(new Uint8Array(1), offset));
    const settled = Promise.allSettled(reads);
    await new Promise((resolve) => setImmediate(resolve));
    await server.disconnect();
    for (const result of await settled) {
      assert.ok(result.status === "rejected" && result.reason instanceof TransportClosedError);
    }
  });

  it("tells why the wire broke in one sentence", async () => {
    const reasonFor = async (error: Error): Promise<string | undefined> => {
      const wire = new FailingWire(error);
      const connection = new Connection(wire, { clock: new ManualClock(), timeoutMs: 1000 });
      return (await connection.closed)?.message;
    };
    const worded = "The connection to 192.0.2.1:445 broke: broken pipe";
    assert.equal(await reasonFor(new TransportClosedError(worded)), worded);
    assert.equal(await reasonFor(new Error("broken pipe")), worded);
  });

  it("names the status, the command and the path of a refusal", async () => {
    const { server, tree } = await connected();
    server.on(Command.CREATE, ({ reply }) => reply({ status: NtStatus.ACCESS_DENIED }));
    await assert.rejects(tree.openFile("dir\\x", { access: 1 }), (error: unknown) => {
      assert.ok(error instanceof NtStatusError);
      assert.equal(error.statusName, "NT_STATUS_ACCESS_DENIED");
      assert.equal(error.command, "CREATE");
      assert.equal(error.path, "dir\\x");
      return true;
    });
  });
});

function flipLast(message: Uint8Array): Uint8Array {
  const changed = message.slice();
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}
