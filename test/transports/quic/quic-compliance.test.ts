import { after, before, describe } from "node:test";
import {
  listen,
  type QuicConnection,
  type QuicServer,
  type QuicStream,
  type StreamReader,
  unavailable,
} from "ngtcp2-napi";
import { makeCertificates } from "../../../packages/ngtcp2-napi/test/certificates.ts";
import { systemClock } from "../../../src/core/clock.ts";
import type { Transport } from "../../../src/core/transport.ts";
import { QuicStreamTransport } from "../../../src/transports/quic/quic-stream-transport.ts";
import { quicTransport } from "../../../src/transports/quic/quic-transport.ts";
import { describeTransport } from "../../compliance/transport.ts";

describe("over QUIC", { skip: unavailable() ?? false }, () => {
  const { ca, server: identity } = makeCertificates();
  const arrived: QuicConnection[] = [];
  const waiting: ((connection: QuicConnection) => void)[] = [];
  let server: QuicServer;

  before(() => {
    server = listen({ host: "127.0.0.1", alpn: "smb", ...identity }, (connection) => {
      const waiter = waiting.shift();
      if (waiter === undefined) arrived.push(connection);
      else waiter(connection);
    });
  });
  after(() => server.close());

  const next = (): Promise<QuicConnection> => {
    const connection = arrived.shift();
    return connection === undefined
      ? new Promise((resolve) => waiting.push(resolve))
      : Promise.resolve(connection);
  };

  describeTransport("quic", async (signal) => {
    const port = server.address?.port ?? 0;
    const factory = quicTransport({ ca: [ca], systemCa: false });
    const target = { host: "localhost", address: "127.0.0.1", port };
    const client = await factory.dial(target, { signal });
    return [client, serverEnd(await next())];
  });
});

/**
 * The server's end. A client's stream is not there before its first byte, which some tests never
 * send: until then another object stands for it.
 */
function serverEnd(connection: QuicConnection): Transport {
  const opened = new Promise<QuicStream>((resolve, reject) => {
    connection.onStream(resolve);
    void connection.closed.then(() => reject(new Error("closed before a stream was opened")));
  });
  opened.catch(() => undefined);
  const stream = {
    start: (reader: StreamReader) => {
      opened.then(
        (each) => each.start(reader),
        () => reader.end(),
      );
    },
    write: async (bytes: readonly Uint8Array[]) => (await opened).write(bytes),
    drain: async () => (await opened).drain(),
    end: () => void opened.then((each) => each.end()).catch(() => undefined),
  } as unknown as QuicStream;
  return new QuicStreamTransport({
    ...{ connection, stream, endpoint: "client", verify: "none", clock: systemClock },
    about: { name: "client", hasIdentity: false },
  });
}
