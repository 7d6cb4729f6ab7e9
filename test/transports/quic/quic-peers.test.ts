import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import {
  listen,
  type QuicConnection,
  type QuicServer,
  type QuicStream,
  unavailable,
} from "ngtcp2-napi";
import { makeCertificates } from "../../../packages/ngtcp2-napi/test/certificates.ts";
import { TransportClosedError } from "../../../src/core/errors.ts";
import type { QuicStreamTransport } from "../../../src/transports/quic/quic-stream-transport.ts";
import { quicTransport } from "../../../src/transports/quic/quic-transport.ts";
import { Recorder } from "../../compliance/recorder.ts";
import { turns } from "../../compliance/transport.ts";
import { PATIENCE_MS } from "../../support/patience.ts";
import { UdpFaultRelay } from "../../support/udp-fault-relay.ts";

const HELLO = Uint8Array.of(1, 2, 3);
/** The prefix of a message of 256 bytes, and the first two of them. */
const HALF_A_MESSAGE = Uint8Array.of(0, 0, 1, 0, 7, 7);

/** What a peer does that no good SMB server would, and what is made of it. */
describe("a QUIC peer", { skip: unavailable() ?? false }, () => {
  const { ca, server: identity } = makeCertificates();
  const signal = new AbortController().signal;
  let server: QuicServer;
  let network: UdpFaultRelay;
  let accept: (connection: QuicConnection) => void;
  let accepted: Promise<QuicConnection>;
  let client: QuicStreamTransport;
  let atClient: Recorder;
  let peer: QuicConnection;
  let stream: QuicStream;

  before(() => {
    server = listen({ host: "127.0.0.1", alpn: "smb", ...identity }, (each) => accept(each));
  });
  after(() => server.close());
  beforeEach(async () => {
    accepted = new Promise((resolve) => {
      accept = resolve;
    });
    network = await UdpFaultRelay.open(server.address?.port ?? 0, {});
    const { port } = network;
    const factory = quicTransport({ ca: [ca], systemCa: false });
    const target = { host: "localhost", address: "127.0.0.1", port };
    client = (await factory.dial(target, { signal })) as QuicStreamTransport;
    atClient = new Recorder();
    client.start(atClient);
    await client.send([HELLO]);
    peer = await accepted;
    stream = await new Promise((resolve) => peer.onStream(resolve));
  });
  afterEach(async () => {
    await client.close();
    await network[Symbol.asyncDispose]();
  });

  async function ending(): Promise<TransportClosedError> {
    const error = await atClient.whenClosed;
    assert.ok(error instanceof TransportClosedError, String(error));
    return error;
  }

  it("that opens streams of its own is not let", async () => {
    const another = peer.openBidi();
    const oneWay = peer.openUni();
    for (const each of [another, oneWay]) each.write(new Uint8Array(100_000)).catch(() => {});
    await stream.write(Uint8Array.of(0, 0, 0, 1, 9));
    assert.deepEqual(await atClient.next(), Uint8Array.of(9));
    assert.deepEqual([another.id, oneWay.id], [undefined, undefined]);
    assert.equal(atClient.closures.length, 0);
  });

  it("that resets the stream in the middle of a message breaks the wire", async () => {
    await stream.write(HALF_A_MESSAGE);
    await until(() => client.bytesReceived === HALF_A_MESSAGE.length);
    stream.reset(5);
    const error = await ending();
    assert.match(error.message, /^The connection to 127\.0\.0\.1:\d+ broke: .* reset .* code 5$/);
    assert.equal(error.reason, "reset");
    assert.equal(atClient.messageCount, 0);
  });

  it("that wants to hear no more makes sending fail in words", async () => {
    stream.stopSending(3);
    const failing = (async () => {
      for (let count = 0; count < 10_000; count += 1) await client.send([new Uint8Array(100_000)]);
    })();
    await assert.rejects(failing, (error) => {
      assert.ok(error instanceof TransportClosedError);
      assert.match(error.message, /broke: the peer wants no more/);
      return true;
    });
  });

  it("that closes with a reason is quoted", async () => {
    await peer.close({ code: 7, reason: "shutting down" });
    assert.match((await ending()).message, /code 7 \(shutting down\)$/);
  });

  it("that closes in good order between two messages just leaves", async () => {
    await peer.close();
    assert.equal(await atClient.whenClosed, undefined);
  });

  it("that closes in good order in the middle of a message does not get away with it", async () => {
    await stream.write(HALF_A_MESSAGE);
    await until(() => client.bytesReceived === HALF_A_MESSAGE.length);
    await peer.close();
    assert.match((await ending()).message, /in the middle of a message/);
  });

  it("that sends what is no frame is hung up on", async () => {
    const left = peer.closed;
    await stream.write(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
    assert.match((await atClient.whenClosed)?.message ?? "", /HTTP/);
    await left;
  });

  it("counts as alive by what it says on the stream only", async () => {
    assert.equal(client.bytesReceived, 0);
    await until(() => client.connection.counters.bytesReceived > 1000);
    assert.equal(client.bytesReceived, 0);
    await stream.write(Uint8Array.of(0, 0, 0, 2, 9, 9));
    await atClient.next();
    assert.equal(client.bytesReceived, 6);
  });

  it("that cannot be reached any more has been sent nothing", async () => {
    await until(() => client.connection.counters.bytesInFlight === 0);
    const before = client.bytesSent;
    network.isCut = true;
    // Into the void, several times over: QUIC repeats what is not acknowledged.
    client.send([new Uint8Array(5_000_000)]).catch(() => {});
    await until(() => client.connection.counters.bytesInFlight > 1000);
    // An acknowledgement of what came before may still go out; it is never in flight.
    assert.ok(client.bytesSent - before < 1000, `${client.bytesSent - before} bytes`);
    network.isCut = false;
    await until(() => client.bytesSent > before + 1_000_000);
  });
});

/** Waits for what must come; a hang would tell less. */
async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!isTrue()) {
    assert.ok(performance.now() < end, `never: ${isTrue}`);
    await turns(1);
  }
}
