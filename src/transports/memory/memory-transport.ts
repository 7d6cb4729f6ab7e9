import { TransportClosedError, TransportError } from "../../core/errors.ts";
import type {
  MessageParts,
  Transport,
  TransportFactory,
  TransportSink,
} from "../../core/transport.ts";

/** A message that waits for the other end. */
interface Parcel {
  readonly bytes: Uint8Array;
  readonly taken: () => void;
}

/** Two ends inside one process: for tests, and for servers that live beside their client. */
export class MemoryTransport implements Transport {
  readonly kind = "memory";
  readonly remoteAddress = "memory";
  readonly maxMessageSize = 0xff_ffff;
  readonly isEncrypted = false;
  bytesReceived = 0;
  bytesSent = 0;
  readonly #inbox: Parcel[] = [];
  #peer: MemoryTransport | undefined;
  #sink: TransportSink | undefined;
  #isDraining = false;
  #hasPeerLeft = false;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  /** Two transports that are connected with each other. */
  static pair(): [MemoryTransport, MemoryTransport] {
    const ends: [MemoryTransport, MemoryTransport] = [new MemoryTransport(), new MemoryTransport()];
    ends[0].#peer = ends[1];
    ends[1].#peer = ends[0];
    return ends;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    this.#wake();
  }

  /** Resolves when the other end took the message: the bound of what can wait in between. */
  async send(message: MessageParts): Promise<void> {
    const peer = this.#peer;
    if (this.#closing !== undefined || this.#isClosed || peer === undefined) {
      throw new TransportClosedError("The connection inside this process is closed");
    }
    const bytes = new Uint8Array(Buffer.concat(message));
    if (bytes.length === 0 || bytes.length > this.maxMessageSize) {
      const limit = `this wire carries 1 to ${this.maxMessageSize}`;
      throw new TransportError(`A message of ${bytes.length} bytes: ${limit}`);
    }
    await new Promise<void>((taken) => {
      peer.#inbox.push({ bytes, taken });
      peer.#wake();
    });
    this.bytesSent += bytes.length;
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const peer = this.#peer;
      if (peer !== undefined) {
        peer.#hasPeerLeft = true;
        peer.#wake();
      }
      queueMicrotask(() => {
        this.#end();
        resolve();
      });
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Delivers soon, never inside a call of `start` or of the other end's `send`. */
  #wake(): void {
    if (this.#isDraining || this.#sink === undefined) return;
    this.#isDraining = true;
    queueMicrotask(() => {
      this.#isDraining = false;
      this.#drain();
    });
  }

  #drain(): void {
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      this.#deliver(next);
    }
    if (this.#hasPeerLeft) this.#end();
  }

  #deliver({ bytes, taken }: Parcel): void {
    taken();
    if (this.#isClosed || this.#sink === undefined) return;
    const memory = this.#sink.allocate(bytes.length).subarray(0, bytes.length);
    memory.set(bytes);
    this.bytesReceived += bytes.length;
    this.#sink.message(memory);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { taken } of this.#inbox.splice(0)) taken();
    this.#sink?.closed(undefined);
  }
}

/** A wire that leads to `accept`, which gets the server's end of every connection. */
export function memoryTransport(accept: (server: Transport) => void): TransportFactory {
  return {
    kind: "memory",
    defaultPort: 0,
    unavailable: () => undefined,
    async dial(_target, { signal }) {
      signal.throwIfAborted();
      const [client, server] = MemoryTransport.pair();
      accept(server);
      return client;
    },
  };
}
