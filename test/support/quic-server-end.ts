import type { QuicConnection, QuicStream, StreamReader } from "ngtcp2-napi";
import { systemClock } from "../../src/core/clock.ts";
import type { Transport } from "../../src/core/transport.ts";
import { QuicStreamTransport } from "../../src/transports/quic/quic-stream-transport.ts";

/**
 * The server's end. A client's stream is not there before its first byte, which some tests never
 * send: until then another object stands for it.
 */
export function serverEnd(connection: QuicConnection): Transport {
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
