import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** One connection through the relay. */
export interface RelayedConnection {
  /** Bytes that went through so far, in both directions. */
  readonly bytes: number;
  readonly isOpen: boolean;
  /** The server's next `frames` frames get through, and none after them. */
  muteAfter(frames: number): void;
  /** Resets both ends: what was under way is lost. */
  cut(): void;
}

/** A TCP relay to a port of this machine whose connections can be cut one by one. */
export class CuttingRelay implements AsyncDisposable {
  /** In the order in which they came. */
  readonly connections: readonly RelayedConnection[];
  /** New connections are refused from now on. */
  refuses = false;
  readonly #connections: Relayed[] = [];
  readonly #server: Server;

  private constructor(targetPort: number) {
    this.connections = this.#connections;
    this.#server = createServer({ noDelay: true }, (client) => {
      if (this.refuses) {
        client.resetAndDestroy();
        return;
      }
      const target = connect({ host: "127.0.0.1", port: targetPort, noDelay: true });
      this.#connections.push(new Relayed(client, target));
    });
  }

  static async start(targetPort: number): Promise<CuttingRelay> {
    const relay = new CuttingRelay(targetPort);
    relay.#server.listen(0, "127.0.0.1");
    await once(relay.#server, "listening");
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get bytes(): number {
    return this.connections.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) connection.cut();
    this.#server.close();
    await once(this.#server, "close");
  }
}

class Relayed implements RelayedConnection {
  bytes = 0;
  isOpen = true;
  readonly #ends: readonly Socket[];
  #framesLeft: number | undefined;
  /** What came of a frame that is not whole yet. */
  #partial: Buffer = Buffer.alloc(0);

  constructor(client: Socket, target: Socket) {
    this.#ends = [client, target];
    this.#join(client, target);
    this.#join(target, client);
  }

  muteAfter(frames: number): void {
    const [client, target] = this.#ends;
    if (client === undefined || target === undefined) return;
    this.#framesLeft = frames;
    target.unpipe(client);
    target.on("data", (bytes: Buffer) => this.#passFrames(client, bytes)).resume();
  }

  #passFrames(client: Socket, bytes: Buffer): void {
    this.#partial = Buffer.concat([this.#partial, bytes]);
    while (this.#partial.length >= 4) {
      const length = 4 + (this.#partial.readUInt32BE(0) & 0xff_ffff);
      if (this.#partial.length < length) return;
      if (this.#framesLeft !== undefined && this.#framesLeft > 0) {
        this.#framesLeft -= 1;
        client.write(this.#partial.subarray(0, length));
      }
      this.#partial = this.#partial.subarray(length);
    }
  }

  cut(): void {
    this.isOpen = false;
    for (const end of this.#ends) end.resetAndDestroy();
  }

  #join(from: Socket, to: Socket): void {
    from.on("data", (bytes) => {
      this.bytes += bytes.length;
    });
    from.pipe(to);
    from.on("error", () => {});
    from.on("close", () => {
      this.isOpen = false;
      to.destroy();
    });
  }
}
