import { connect as connectTcp, type Socket } from "node:net";
import { listen, type QuicServer, type QuicStream } from "ngtcp2-napi";

/** Above this the server is held back. A write is done when it is acknowledged: a long way needs many. */
const WAITING_LIMIT = 64 * 1024 * 1024;

/** Ends QUIC (ALPN `smb`) and passes the bytes to a TCP port: SMB over QUIC in front of any smbd. */
export class QuicRelay implements AsyncDisposable {
  readonly #server: QuicServer;
  readonly #sockets = new Set<Socket>();

  constructor(options: {
    readonly cert: string;
    readonly key: string;
    readonly tcpPort: number;
    readonly tcpHost?: string;
    readonly host?: string;
    readonly port?: number;
    readonly clientCertificate?: "none" | "request" | "require";
    readonly ca?: string;
    readonly sessionTickets?: boolean;
    readonly congestion?: "cubic" | "bbr";
  }) {
    this.#server = listen({ alpn: "smb", host: "127.0.0.1", ...options }, (connection) => {
      connection.onStream((stream) => this.#join(stream, options));
    });
  }

  get port(): number {
    return this.#server.address?.port ?? 0;
  }

  /** Updates the keys of all connections. */
  updateKeys(): void {
    for (const connection of this.#server.connections) connection.updateKeys();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await this.#server.close();
  }

  #join(
    stream: QuicStream,
    { tcpPort, tcpHost = "127.0.0.1" }: { tcpPort: number; tcpHost?: string },
  ): void {
    const socket = connectTcp({ port: tcpPort, host: tcpHost, noDelay: true });
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => stream.reset(1));
    stream.start({
      data: (bytes) => {
        if (socket.write(bytes)) return;
        stream.pause();
        socket.once("drain", () => stream.resume());
      },
      end: () => socket.end(),
      error: () => socket.destroy(),
    });
    let waiting = 0;
    socket.on("data", (bytes) => {
      waiting += bytes.length;
      if (waiting > WAITING_LIMIT) socket.pause();
      stream.write(bytes).then(
        () => {
          waiting -= bytes.length;
          if (waiting <= WAITING_LIMIT / 2) socket.resume();
        },
        () => socket.destroy(),
      );
    });
    socket.on("end", () => stream.end());
  }
}
