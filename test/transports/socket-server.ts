import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { systemClock } from "../../src/core/clock.ts";
import { formatEndpoint, type Transport } from "../../src/core/transport.ts";
import { pump } from "../../src/transports/framing/byte-reader.ts";
import { FrameInlet } from "../../src/transports/tcp/frame-inlet.ts";
import { StreamTransport } from "../../src/transports/tcp/stream-transport.ts";

const local = Object.values(networkInterfaces()).flatMap((each) => each ?? []);

/** The loopback address of each family, and why it cannot be used here where that is so. */
export const loopbacks: readonly { readonly host: string; readonly skip: string | false }[] = [
  "127.0.0.1",
  "::1",
].map((host) => ({
  host,
  skip: local.some(({ address }) => address === host) ? false : `this machine has no ${host}`,
}));

/** A server on a free port of a loopback address that hands out its connections. */
export class SocketServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #arrived: Socket[] = [];
  readonly #waiting: ((socket: Socket) => void)[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      // Tests tear connections down in rude ways; what that does to the server's end is no matter.
      socket.on("error", () => undefined);
      this.#sockets.add(socket);
      const waiter = this.#waiting.shift();
      if (waiter === undefined) this.#arrived.push(socket);
      else waiter(socket);
    });
  }

  static async listen(host = "127.0.0.1"): Promise<SocketServer> {
    const server = createServer({ pauseOnConnect: true });
    const self = new SocketServer(server);
    server.listen(0, host);
    await once(server, "listening");
    return self;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many connections came so far. */
  get count(): number {
    return this.#sockets.size;
  }

  /** The next connection, paused. */
  next(): Promise<Socket> {
    const socket = this.#arrived.shift();
    return socket === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** The server's end of a connection as a transport. Node offers `onread` to clients only. */
export function transportOf(socket: Socket, kind: "tcp" | "nbt" = "tcp"): Transport {
  const lengthBits = kind === "tcp" ? 24 : 17;
  const inlet = new FrameInlet(lengthBits);
  socket.on("data", (bytes) => pump(inlet, bytes));
  socket.pause();
  const endpoint = formatEndpoint(socket.remoteAddress ?? "", socket.remotePort ?? 0);
  return new StreamTransport({ kind, lengthBits, endpoint, socket, inlet, clock: systemClock });
}

/** The first `length` bytes that a peer sends. */
export async function readExactly(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = socket.read(length);
    if (bytes !== null) return bytes;
    await once(socket, "readable");
  }
}
