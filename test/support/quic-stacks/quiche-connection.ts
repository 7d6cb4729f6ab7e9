import { connect, type Socket } from "node:net";
import { type Connection, type Host, Shutdown } from "@matrixai/quic/native/types.js";

export interface QuicheConnectionOptions {
  readonly native: Connection;
  readonly local: Host;
  /** The largest datagram to send. */
  readonly datagram: number;
  readonly send: (bytes: Uint8Array, to: Host) => void;
  /** Where the streams' bytes go. */
  readonly target: { readonly tcpHost: string; readonly tcpPort: number };
  readonly ended: () => void;
}

/** A stream and the TCP connection that it is joined to. */
interface Joined {
  readonly socket: Socket;
  /** What the socket gave and the stream had no room for. */
  readonly waiting: Buffer[];
  /** The socket has given all. */
  hasEnded: boolean;
  isFinished: boolean;
  /** The socket takes no more at the moment. */
  isHeld: boolean;
}

/** A connection of quiche, which has neither socket nor timer, with both; its streams go to TCP. */
export class QuicheConnection {
  readonly #options: QuicheConnectionOptions;
  readonly #native: Connection;
  readonly #streams = new Map<number, Joined>();
  readonly #chunk = Buffer.alloc(65_536);
  #timer: NodeJS.Timeout | undefined;

  constructor(options: QuicheConnectionOptions) {
    this.#options = options;
    this.#native = options.native;
  }

  receive(bytes: Buffer, from: Host): void {
    try {
      this.#native.recv(bytes, { from, to: this.#options.local });
    } catch {
      // quiche closes the connection with the reason; what there is to tell is sent below.
    }
    for (const id of this.#native.readable()) this.#read(id);
    for (const id of this.#native.writable()) this.#write(id);
    this.#flush();
  }

  close(): void {
    this.#attempt(() => this.#native.close(true, 0, Buffer.alloc(0)));
    this.#flush();
  }

  /** Sends what is to be sent, and looks when there is something to do again. */
  #flush(): void {
    for (;;) {
      const bytes = Buffer.allocUnsafe(this.#options.datagram);
      const sent = this.#attempt(() => this.#native.send(bytes));
      if (sent === null || sent === undefined) break;
      this.#options.send(bytes.subarray(0, sent[0]), sent[1].to);
    }
    clearTimeout(this.#timer);
    if (this.#native.isClosed() || this.#native.isDraining()) {
      this.#options.ended();
      for (const { socket } of this.#streams.values()) socket.destroy();
      return;
    }
    const timeoutMs = this.#native.timeout();
    if (timeoutMs === null) return;
    this.#timer = setTimeout(() => {
      this.#native.onTimeout();
      this.#flush();
    }, timeoutMs);
  }

  #read(id: number): void {
    const joined = this.#streams.get(id) ?? this.#join(id);
    while (!joined.isHeld) {
      const received = this.#attempt(() => this.#native.streamRecv(id, this.#chunk));
      // Undefined: the client has reset the stream.
      if (received === undefined) joined.socket.destroy();
      if (received === null || received === undefined) return;
      const [length, isEnd] = received;
      // The chunk is used again.
      if (length > 0)
        joined.isHeld = !joined.socket.write(Buffer.from(this.#chunk.subarray(0, length)));
      if (isEnd) {
        joined.socket.end();
        return;
      }
    }
  }

  #write(id: number): void {
    const joined = this.#streams.get(id);
    if (joined === undefined || joined.isFinished) return;
    for (let part = joined.waiting[0]; part !== undefined; part = joined.waiting[0]) {
      const bytes = part;
      const count = this.#attempt(() => this.#native.streamSend(id, bytes, false));
      // Undefined: the client wants no more.
      if (count === undefined) joined.socket.destroy();
      if (count === undefined || count === null) return;
      if (count === part.length) joined.waiting.shift();
      else joined.waiting[0] = part.subarray(count);
      if (count === 0) return;
    }
    joined.socket.resume();
    if (!joined.hasEnded) return;
    joined.isFinished = true;
    this.#attempt(() => this.#native.streamSend(id, Buffer.alloc(0), true));
  }

  #join(id: number): Joined {
    const { tcpHost: host, tcpPort: port } = this.#options.target;
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    const joined: Joined = {
      socket,
      waiting: [],
      hasEnded: false,
      isFinished: false,
      isHeld: false,
    };
    this.#streams.set(id, joined);
    const goOn = (): void => {
      this.#write(id);
      this.#flush();
    };
    socket.on("data", (bytes) => {
      socket.pause();
      joined.waiting.push(bytes);
      goOn();
    });
    socket.on("end", () => {
      joined.hasEnded = true;
      goOn();
    });
    socket.on("drain", () => {
      joined.isHeld = false;
      this.#read(id);
      this.#flush();
    });
    socket.on("error", () => {
      for (const direction of [Shutdown.Read, Shutdown.Write]) {
        this.#attempt(() => this.#native.streamShutdown(id, direction, 1));
      }
      this.#flush();
    });
    return joined;
  }

  /** What `work` returns, or undefined where quiche refuses: streams may be gone at any time. */
  #attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch {
      return undefined;
    }
  }
}
