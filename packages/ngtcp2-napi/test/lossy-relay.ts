import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** What goes wrong, as probabilities; the same every time. */
export interface RelayOptions {
  readonly drop?: number;
  readonly duplicate?: number;
  readonly reorder?: number;
  readonly corrupt?: number;
  /** Larger datagrams do not fit. */
  readonly maxSize?: number;
  /** The client's datagrams come from another port after so many of them. */
  readonly rebindEvery?: number;
}

/** A UDP relay for one client, on which things go wrong. */
export class LossyRelay {
  dropped = 0;
  corrupted = 0;
  rebinds = 0;
  readonly #front = createSocket("udp4");
  readonly #options: RelayOptions;
  readonly #serverPort: number;
  #back: Socket = createSocket("udp4");
  readonly #old: Socket[] = [];
  #clientPort = 0;
  #seen = 0;
  #state = 12345;
  #held: { send: () => void } | undefined;
  #isClosed = false;

  private constructor(serverPort: number, options: RelayOptions) {
    this.#serverPort = serverPort;
    this.#options = options;
  }

  static async open(serverPort: number, options: RelayOptions): Promise<LossyRelay> {
    const relay = new LossyRelay(serverPort, options);
    relay.#front.bind(0, "127.0.0.1");
    await once(relay.#front, "listening");
    relay.#front.on("message", (bytes, { port }) => relay.#fromClient(bytes, port));
    await relay.#openBack();
    return relay;
  }

  get port(): number {
    return this.#front.address().port;
  }

  close(): void {
    this.#isClosed = true;
    this.#held = undefined;
    for (const socket of [this.#front, this.#back, ...this.#old]) socket.close();
  }

  async #openBack(): Promise<void> {
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    if (this.#isClosed) {
      socket.close();
      return;
    }
    socket.on("message", (bytes) => {
      this.#pass(bytes, (copy) => this.#front.send(copy, this.#clientPort, "127.0.0.1"));
    });
    if (this.#back !== socket) this.#old.push(this.#back);
    this.#back = socket;
  }

  #fromClient(bytes: Buffer, port: number): void {
    this.#clientPort = port;
    this.#seen += 1;
    const { rebindEvery } = this.#options;
    if (rebindEvery !== undefined && this.#seen % rebindEvery === 0) {
      this.rebinds += 1;
      void this.#openBack();
    }
    this.#pass(bytes, (copy) => this.#back.send(copy, this.#serverPort, "127.0.0.1"));
  }

  #pass(bytes: Buffer, send: (copy: Buffer) => void): void {
    const { drop = 0, duplicate = 0, reorder = 0, corrupt = 0 } = this.#options;
    if (bytes.length > (this.#options.maxSize ?? Number.POSITIVE_INFINITY)) return;
    if (this.#random() < drop) {
      this.dropped += 1;
      return;
    }
    if (this.#random() < corrupt) {
      this.corrupted += 1;
      const at = Math.floor(this.#random() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    }
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined && this.#random() < reorder) {
      // Goes after the next one, or soon where there is none.
      const hold = { send: () => send(bytes) };
      this.#held = hold;
      setTimeout(() => {
        if (this.#held === hold) {
          this.#held = undefined;
          hold.send();
        }
      }, 5).unref();
      return;
    }
    send(bytes);
    if (this.#random() < duplicate) send(bytes);
    held?.send();
  }

  /** The same sequence in every run. */
  #random(): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) & 0x7fffffff;
    return this.#state / 0x80000000;
  }
}
