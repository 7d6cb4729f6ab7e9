import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { DialFailure, WireFormatError } from "../../../src/core/errors.ts";
import type { DialTarget, Transport } from "../../../src/core/transport.ts";
import { nbtTransport } from "../../../src/transports/nbt/nbt-transport.ts";
import { Recorder } from "../../compliance/recorder.ts";
import { bytesOf, turns } from "../../compliance/transport.ts";
import { ManualClock } from "../../support/clock.ts";
import { readExactly, SocketServer } from "../socket-server.ts";

const never = new AbortController().signal;
const REQUEST_LENGTH = 72;
const POSITIVE = Uint8Array.of(0x82, 0, 0, 0);
const negative = (code: number): Uint8Array => Uint8Array.of(0x83, 0, 0, 1, code);

/** The text of a name in first-level encoding, with its suffix in angle brackets. */
function decodeName(encoded: Uint8Array): string {
  assert.equal(encoded[0], 32);
  assert.equal(encoded[33], 0);
  const bytes = Array.from({ length: 16 }, (_, index) => {
    const high = (encoded[1 + index * 2] ?? 0) - 0x41;
    const low = (encoded[2 + index * 2] ?? 0) - 0x41;
    return high * 16 + low;
  });
  const text = String.fromCharCode(...bytes.slice(0, 15)).trimEnd();
  return `${text}<${(bytes[15] ?? 0).toString(16).padStart(2, "0")}>`;
}

let server: SocketServer;
before(async () => {
  server = await SocketServer.listen();
});
after(() => server[Symbol.asyncDispose]());

/** Takes the next connection and its session request. */
async function accept(): Promise<{ socket: Socket; called: string; calling: string }> {
  const socket = await server.next();
  const request = await readExactly(socket, REQUEST_LENGTH);
  assert.deepEqual([...request.subarray(0, 4)], [0x81, 0, 0, 68]);
  return {
    socket,
    called: decodeName(request.subarray(4, 38)),
    calling: decodeName(request.subarray(38)),
  };
}

function dial(target: Partial<DialTarget> = {}, options = {}): Promise<Transport> {
  const there = { host: "127.0.0.1", port: server.port, netbiosName: "client", ...target };
  return nbtTransport(options).dial(there, { signal: never });
}

async function failureOf(dialling: Promise<Transport>): Promise<DialFailure> {
  const error = await dialling.then(
    () => assert.fail("it connected"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DialFailure, String(error));
  return error;
}

describe("a NetBIOS session", () => {
  it("is asked for with both names", async () => {
    const dialling = dial({ netbiosName: "a-rather-long-client-name" });
    const { socket, called, calling } = await accept();
    assert.equal(called, "*SMBSERVER<20>");
    assert.equal(calling, "A-RATHER-LONG-C<00>");
    socket.write(POSITIVE);
    const transport = await dialling;
    assert.equal(transport.kind, "nbt");
    assert.equal(transport.maxMessageSize, 0x1_ffff);
    assert.equal(transport.remoteAddress, `127.0.0.1:${server.port}`);
    socket.destroy();
    await transport.close();
  });

  it("loses nothing that follows the answer in the same packet", async () => {
    const dialling = dial();
    const { socket } = await accept();
    socket.write(Uint8Array.of(...POSITIVE, 0x85, 0, 0, 0, 0, 0, 0, 2, 8, 9));
    const transport = await dialling;
    await turns(3);
    const recorder = new Recorder();
    transport.start(recorder);
    assert.deepEqual([...(await recorder.next())], [8, 9]);
    socket.destroy();
    await transport.close();
  });

  for (const code of [0x80, 0x82]) {
    it(`is asked for again by the server's own name after 0x${code.toString(16)}`, async () => {
      const dialling = dial({ host: "nas.example.com", address: "127.0.0.1" });
      const first = await accept();
      assert.equal(first.called, "*SMBSERVER<20>");
      first.socket.end(negative(code));
      const second = await accept();
      assert.equal(second.called, "NAS<20>");
      second.socket.write(POSITIVE);
      const transport = await dialling;
      second.socket.destroy();
      await transport.close();
    });
  }

  it("is given up when the server's own name is refused as well", async () => {
    const dialling = failureOf(dial({ host: "nas", address: "127.0.0.1" }));
    (await accept()).socket.end(negative(0x82));
    (await accept()).socket.end(negative(0x82));
    const error = await dialling;
    assert.equal(error.words, "NetBIOS session refused: the server is not called NAS");
    assert.equal(error.reason, "refused");
  });

  for (const [code, words] of [
    [0x80, /does not listen on the name \*SMBSERVER/],
    [0x81, /does not listen for the client name CLIENT/],
    [0x82, /is not called \*SMBSERVER/],
    [0x83, /has no room for another session/],
    [0x8f, /gives no reason/],
    [0x42, /unknown reason 0x42/],
  ] as const) {
    it(`explains the refusal 0x${code.toString(16)}`, async () => {
      const dialling = failureOf(dial());
      (await accept()).socket.end(negative(code));
      assert.match((await dialling).message, words);
    });
  }

  it("follows the server elsewhere, once", async () => {
    const elsewhere = (port: number): Uint8Array =>
      Uint8Array.of(0x84, 0, 0, 6, 127, 0, 0, 1, port >> 8, port & 0xff);
    const dialling = dial({ address: "127.0.0.1", host: "nas" });
    (await accept()).socket.end(elsewhere(server.port));
    const second = await accept();
    second.socket.write(POSITIVE);
    const transport = await dialling;
    second.socket.destroy();
    await transport.close();

    const endless = failureOf(dial());
    (await accept()).socket.end(elsewhere(server.port));
    (await accept()).socket.end(elsewhere(server.port));
    assert.match((await endless).message, /yet another address/);
  });

  it("fails clearly when the server hangs up, or is reset", async () => {
    const hangUp = failureOf(dial());
    (await accept()).socket.end();
    assert.match((await hangUp).message, /hung up instead of answering the session request/);
    const reset = failureOf(dial());
    (await accept()).socket.resetAndDestroy();
    assert.equal((await reset).reason, "reset");
  });

  for (const [what, bytes, words] of [
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", /look like HTTP/],
    ["a message", Uint8Array.of(0, 0, 0, 1, 5), /type 0x0 instead of an answer/],
    ["a long answer", Uint8Array.of(0x82, 0, 0, 9), /9 bytes instead of 0/],
  ] as const) {
    it(`refuses ${what} as an answer`, async () => {
      const dialling = assert.rejects(
        dial(),
        (error) => error instanceof WireFormatError && words.test(error.message),
      );
      (await accept()).socket.write(bytes);
      await dialling;
    });
  }

  it("gives up on a silent server", async () => {
    const clock = new ManualClock();
    const dialling = failureOf(dial({}, { clock }));
    await accept();
    clock.advance(10_000);
    const error = await dialling;
    assert.equal(error.reason, "timeout");
    assert.match(error.message, /no answer within 10 s/);
    assert.equal(clock.pending, 0);
  });

  it("stops asking when it is aborted", async () => {
    const controller = new AbortController();
    const dialling = nbtTransport().dial(
      { host: "127.0.0.1", port: server.port },
      { signal: controller.signal },
    );
    const { socket } = await accept();
    const reason = new Error("enough");
    controller.abort(reason);
    await assert.rejects(dialling, reason);
    await once(socket.resume(), "close");
  });

  it("sends a keep-alive when it was silent for long, and only then", async () => {
    const clock = new ManualClock();
    const dialling = dial({}, { clock, keepAliveMs: 60_000 });
    const { socket } = await accept();
    socket.write(POSITIVE);
    const transport = await dialling;
    clock.advance(59_999);
    await transport.send([bytesOf(1, 3)]);
    clock.advance(59_999);
    await transport.send([bytesOf(1, 4)]);
    clock.advance(60_000);
    await transport.send([bytesOf(1, 5)]);
    assert.deepEqual(
      [...(await readExactly(socket, 19))],
      [0, 0, 0, 1, 21, 0, 0, 0, 1, 28, 0x85, 0, 0, 0, 0, 0, 0, 1, 35],
    );
    socket.destroy();
    await transport.close();
    assert.equal(clock.pending, 0);
  });
});
