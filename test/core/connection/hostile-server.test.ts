import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProtocolError, SmbError, TimeoutError, TransferError } from "../../../src/core/errors.ts";
import { readPipeline } from "../../../src/core/file/read-pipeline.ts";
import { writePipeline } from "../../../src/core/file/write-pipeline.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { CipherId, Command, HeaderFlags } from "../../../src/core/smb2/constants.ts";
import { encodeHeader } from "../../../src/core/smb2/header.ts";
import { Writer } from "../../../src/core/wire/writer.ts";
import { ManualClock } from "../../support/clock.ts";
import type { FakeRequest, FakeServer } from "../../support/fake-server.ts";
import { CREATED, connected, openFile } from "../../support/fake-session.ts";

const ENCRYPTED = [{ cipher: CipherId.AES_128_GCM }, { protection: "encrypt" }] as const;
const PENDING = {
  status: NtStatus.PENDING,
  flags: HeaderFlags.ASYNC_COMMAND,
  asyncId: 5n,
  credits: 1,
  unsigned: true,
};

/** Where EndOfFile lies in a CREATE response ([MS-SMB2] 2.2.14), from the header on. */
const END_OF_FILE_OFFSET = 64 + 48;

function readReply(length: number) {
  return { body: { data: new Uint8Array(length).fill(7), dataRemaining: 0, flags: 0 } };
}

function bareMessage(command: number, messageId: number, nextCommand: number): Uint8Array {
  const w = new Writer(64);
  encodeHeader(w, {
    creditCharge: 0,
    status: 0,
    command,
    credits: 1,
    flags: HeaderFlags.SERVER_TO_REDIR,
    nextCommand,
    messageId,
    asyncId: 0n,
    treeId: 0,
    sessionId: 0n,
  });
  return w.finish().slice();
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Lets everything happen that needs no time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe("a hostile server", () => {
  const endings: readonly [string, (request: FakeRequest, server: FakeServer) => void, RegExp][] = [
    [
      "that says for ever that it works on it",
      ({ reply }) => {
        for (let count = 0; count < 2000; count += 1) reply(PENDING);
      },
      /never answers/,
    ],
    [
      "that acknowledges what was never asked",
      ({ reply }) => reply({ ...PENDING, messageId: 9999 }),
      /never sent/,
    ],
    [
      "that sends a request",
      (_, server) => server.sendRaw(join(bareMessage(Command.ECHO, 1, 0).fill(0, 16, 20))),
      /not a response/,
    ],
    [
      "that takes away all credits",
      ({ reply }) => reply({ ...readReply(4), credits: 0 }),
      /credits/,
    ],
    [
      "that chains messages without end",
      (_, server) => {
        const link = bareMessage(Command.OPLOCK_BREAK, -1, 64);
        server.sendRaw(join(...Array.from({ length: 5000 }, () => link)));
      },
      /messages/,
    ],
    [
      "whose chain leads out of the frame",
      (_, server) => server.sendRaw(join(bareMessage(Command.OPLOCK_BREAK, -1, 0x7fff_fff8))),
      /NextCommand/,
    ],
    [
      "whose chain stands still",
      (_, server) =>
        server.sendRaw(join(bareMessage(Command.OPLOCK_BREAK, -1, 8), new Uint8Array(99))),
      /NextCommand/,
    ],
  ];
  for (const [what, act, words] of endings) {
    it(`${what} ends the connection with an error`, async () => {
      const { server, client, file } = await openFile({ credits: 1 });
      server.on(Command.READ, (request) => act(request, server));
      const error = await file.read(new Uint8Array(4), 0).then(
        () => client.connection.closed,
        (reason: unknown) => reason,
      );
      assert.ok(error instanceof SmbError, String(error));
      assert.match(error.message, words);
      assert.equal(client.connection.isClosed, true);
      await assert.rejects(file.read(new Uint8Array(4), 0), SmbError);
    });
  }

  it("that answers one request twice ends the connection, the first answer stands", async () => {
    const { server, client, file } = await openFile();
    server.on(Command.READ, ({ reply }) => {
      reply(readReply(4));
      reply(readReply(3));
    });
    assert.equal(await file.read(new Uint8Array(4), 0), 4);
    assert.match(String(await client.connection.closed), /never sent/);
  });

  it("that answers CANCEL ends the connection", async () => {
    const { server, client, file } = await openFile();
    server.on(Command.READ, ({ reply }) => reply(PENDING));
    server.on(Command.CANCEL, ({ reply }) => reply({ unsigned: true }));
    const abort = new AbortController();
    const reading = file.read(new Uint8Array(4), 0, { signal: abort.signal });
    await settle();
    abort.abort(new Error("enough"));
    await assert.rejects(reading, /enough/);
    assert.match(String(await client.connection.closed), /command 12/);
  });

  it("that only ever says that it works on it is not believed for ever", async () => {
    const clock = new ManualClock();
    const { server, client, file } = await openFile({}, { clock, timeoutMs: 20_000 });
    const asked: FakeRequest[] = [];
    server.on(Command.READ, (request) => asked.push(request));
    let outcome: unknown;
    const reading = file.read(new Uint8Array(4), 0).catch((error: unknown) => {
      outcome = error;
    });
    for (let passed = 0; passed < 200 && outcome === undefined; passed += 1) {
      for (const request of asked) request.reply(PENDING);
      clock.advance(1000);
      await settle();
    }
    await reading;
    assert.ok(outcome instanceof TimeoutError, String(outcome));
    assert.equal(client.connection.isClosed, false);
    assert.equal(server.requestsOf(Command.CANCEL).length, 1);
  });

  it("cannot give more than was asked for, nor take more than was sent", async () => {
    const { server, file } = await openFile();
    server.on(Command.READ, ({ body, reply }) =>
      reply(readReply((body as { length: number }).length + 1)),
    );
    server.on(Command.WRITE, ({ body, reply }) =>
      reply({ body: { count: (body as { length: number }).length + 1 } }),
    );
    const place = (): void => assert.fail("nothing may be placed");
    await assert.rejects(file.read(new Uint8Array(10), 0), ProtocolError);
    await assert.rejects(file.write(new Uint8Array(10), 0), ProtocolError);
    const ranges = [{ offset: 0, length: 10 }];
    await assert.rejects(readPipeline(file, { ranges, place }), ProtocolError);
    await assert.rejects(writePipeline(file, { length: 10, fetch: () => 10 }), ProtocolError);
  });

  it("cannot make a file of negative or of impossible size", async () => {
    for (const endOfFile of [-5n, 1n << 60n]) {
      const { server, client, tree } = await connected({}, { protection: "off" });
      server.on(Command.CREATE, ({ reply }) =>
        reply({
          body: CREATED,
          unsigned: true,
          tamper(message) {
            new DataView(message.buffer).setBigInt64(END_OF_FILE_OFFSET, endOfFile, true);
            return message;
          },
        }),
      );
      const file = await tree.openFile("f", { access: 1 });
      assert.throws(() => file.size, TransferError);
      assert.equal(client.connection.isClosed, false);
    }
  });

  it("may send breaks that nobody asked for, well-formed or not", async () => {
    const { server, client, file } = await openFile();
    const heard: Uint8Array[] = [];
    client.connection.onBreak = (message) => heard.push(message);
    server.on(Command.READ, ({ reply }) => {
      server.sendRaw(join(bareMessage(Command.OPLOCK_BREAK, -1, 0), new Uint8Array(24)));
      server.sendRaw(bareMessage(Command.OPLOCK_BREAK, -1, 0));
      server.sendRaw(join(bareMessage(0x13, -1, 0), new Uint8Array(40)));
      reply(readReply(4));
    });
    assert.equal(await file.read(new Uint8Array(4), 0), 4);
    assert.equal(heard.length, 2);
    assert.equal(client.connection.isClosed, false);
  });
});

describe("a hostile server on an encrypted session", () => {
  const acts: readonly [string, (request: FakeRequest, server: FakeServer) => void, RegExp][] = [
    [
      "that answers in the clear",
      ({ reply }) => reply({ ...readReply(4), unencrypted: true }),
      /unencrypted/,
    ],
    [
      "that answers in the clear and unsigned",
      ({ reply }) => reply({ ...readReply(4), unencrypted: true, unsigned: true }),
      /unencrypted/,
    ],
    [
      "whose answer names another session inside",
      ({ reply }) => reply({ ...readReply(4), sessionId: 5n }),
      /another session/,
    ],
    [
      "whose frame is too short",
      (_, server) => server.sendRaw(server.seal(new Uint8Array(80)).subarray(0, 51)),
      /bytes needed/,
    ],
    ["whose frame is empty", (_, server) => server.sendRaw(server.seal(new Uint8Array(0))), /SMB/],
    [
      "whose frame was cut",
      (_, server) => server.sendRaw(server.seal(new Uint8Array(80)).subarray(0, 100)),
      /describe itself/,
    ],
    [
      "whose frame holds another encrypted frame",
      (_, server) => server.sendRaw(server.seal(server.seal(new Uint8Array(80)))),
      /ProtocolId/,
    ],
    [
      "whose frame was changed",
      (_, server) => {
        const sealed = server.seal(new Uint8Array(80));
        sealed[70] = (sealed[70] ?? 0) ^ 1;
        server.sendRaw(sealed);
      },
      /signature/,
    ],
  ];
  for (const [what, act, words] of acts) {
    it(`${what} ends the connection with an error`, async () => {
      const { server, client, file } = await openFile(...ENCRYPTED);
      server.on(Command.READ, (request) => act(request, server));
      await assert.rejects(file.read(new Uint8Array(4), 0), words);
      assert.equal(client.connection.isClosed, true);
    });
  }

  it("may acknowledge in the clear, as older ones do, and answer encrypted", async () => {
    const { server, file } = await openFile(...ENCRYPTED);
    server.on(Command.READ, ({ reply }) => {
      reply({ ...PENDING, unencrypted: true });
      reply({ ...readReply(4), flags: HeaderFlags.ASYNC_COMMAND, asyncId: 5n, credits: 0 });
    });
    assert.equal(await file.read(new Uint8Array(4), 0), 4);
  });
});
