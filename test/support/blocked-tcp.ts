import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What a TCP port does that is no use to anybody, or only late. */
export type Behaviour = (client: Socket) => void;

/** Accepts and says nothing, whatever it is told. */
export const silent: Behaviour = (client) => void client.resume();

/** Accepts and resets at the first message. */
export const resetting: Behaviour = (client) =>
  void client.on("data", () => client.resetAndDestroy());

/** Accepts and hangs up at the first message. */
export const hangingUp: Behaviour = (client) => void client.on("data", () => client.end());

/** Passes everything on to `port`, but only after `ms`. */
export function late(port: number, ms: number): Behaviour {
  return (client) => {
    client.pause();
    setTimeout(() => {
      const server = connect({ port, host: "127.0.0.1" });
      server.on("error", () => client.destroy());
      client.pipe(server).pipe(client);
    }, ms);
  };
}

/** A TCP port of 127.0.0.1 that behaves so. */
export class TcpPort implements AsyncDisposable {
  /** Connections so far. */
  accepted = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer({ allowHalfOpen: true });

  static async open(behaviour: Behaviour): Promise<TcpPort> {
    const port = new TcpPort();
    port.#server.on("connection", (client) => {
      port.accepted += 1;
      port.#sockets.add(client);
      client.on("error", () => undefined).on("close", () => port.#sockets.delete(client));
      client.on("end", () => client.end());
      behaviour(client);
    });
    port.#server.listen(0, "127.0.0.1");
    await once(port.#server, "listening");
    return port;
  }

  /** A port where nobody listens: it was free a moment ago. */
  static async unused(): Promise<number> {
    await using port = await TcpPort.open(silent);
    return port.number;
  }

  get number(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }
}
