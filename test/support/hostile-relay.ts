import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What a relay does with one message: sends what it returns on, or nothing for undefined. */
export type Meddle = (
  message: Uint8Array,
  index: number,
  pair: RelayedPair,
) => Uint8Array | undefined;

/** The two connections that a relay joins. */
export interface RelayedPair {
  readonly client: Socket;
  readonly server: Socket;
}

export interface RelayOptions {
  /** The server behind the relay. */
  readonly host: string;
  readonly port: number;
  /** Sees every message to the server; without it they pass unchanged. */
  readonly request?: Meddle;
  /** Sees every message to the client. */
  readonly reply?: Meddle;
}

/** Somebody on the path who sees and changes the messages of Direct TCP. */
export class HostileRelay implements AsyncDisposable {
  readonly #options: RelayOptions;
  readonly #listener: Server;
  readonly #sockets: Socket[] = [];

  private constructor(options: RelayOptions) {
    this.#options = options;
    this.#listener = createServer((client) => this.#join(client));
  }

  static async start(options: RelayOptions): Promise<HostileRelay> {
    const relay = new HostileRelay(options);
    relay.#listener.listen(0, "127.0.0.1");
    await once(relay.#listener, "listening");
    return relay;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, "close");
  }

  #join(client: Socket): void {
    const { host, port, request, reply } = this.#options;
    const server = connect({ host, port });
    const pair = { client, server };
    this.#sockets.push(client, server);
    pass(client, server, pair, request);
    pass(server, client, pair, reply);
  }
}

/** Sends whole messages from one end to the other, meddled with. */
function pass(from: Socket, to: Socket, pair: RelayedPair, meddle: Meddle | undefined): void {
  let waiting: Buffer = Buffer.alloc(0);
  let index = 0;
  from.on("data", (bytes: Buffer) => {
    waiting = Buffer.concat([waiting, bytes]);
    while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE(0)) {
      const end = 4 + waiting.readUInt32BE(0);
      const message = Uint8Array.from(waiting.subarray(4, end));
      waiting = waiting.subarray(end);
      const changed = meddle === undefined ? message : meddle(message, index, pair);
      index += 1;
      if (changed !== undefined && !to.destroyed) to.write(framed(changed));
    }
  });
  from.on("error", () => {}).on("close", () => to.destroy());
}

/** A message with the prefix of Direct TCP. */
export function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(message.length);
  return Buffer.concat([prefix, message]);
}
