import { QuicError } from "./errors.ts";
import type { NativeConnection } from "./native.ts";

/** Receives into memory of its own choice: a payload is placed once, where it is wanted. */
export interface StreamReader {
  /** Where the next bytes go; not empty. It must stay attached until the next call of `advance`. */
  writable(): Uint8Array;
  /** `count` bytes were placed at the start of what `writable` gave last. */
  advance(count: number): void;
  /** The peer has finished; nothing follows. */
  end(): void;
  /** The peer reset the stream, or the connection ended before the stream did. Nothing follows. */
  error?(error: QuicError): void;
}

/** Receives chunks as they come. */
export interface ChunkReader {
  /** A chunk that belongs to the receiver. */
  data(bytes: Uint8Array): void;
  end(): void;
  error?(error: QuicError): void;
}

const CHUNK = 65_536;

interface PendingWrite {
  resolve(): void;
  reject(error: QuicError): void;
}

/** A stream of a connection: bytes both ways, or one way. Made by `QuicConnection`. */
export class QuicStream {
  readonly isBidirectional: boolean;
  /** Whether it was opened here. */
  readonly isLocal: boolean;
  /** Resolves once both directions have ended, in whatever way. */
  readonly closed: Promise<void>;
  readonly #native: NativeConnection;
  readonly #key: number;
  readonly #forget: () => void;
  #resolveClosed: () => void = () => undefined;
  #reader: StreamReader | undefined;
  #isPaused = false;
  /** The addon holds memory of the reader. */
  #isReading = false;
  #hasReadEnded = false;
  #readError: QuicError | undefined;
  #writes: PendingWrite[] = [];
  #writesDone = 0;
  #hasEnded = false;
  #writeError: QuicError | undefined;
  #isClosed = false;

  /** @internal */
  constructor(
    native: NativeConnection,
    key: number,
    options: {
      readonly isBidirectional: boolean;
      readonly isLocal: boolean;
      readonly forget: () => void;
    },
  ) {
    this.#native = native;
    this.#key = key;
    this.#forget = options.forget;
    this.isBidirectional = options.isBidirectional;
    this.isLocal = options.isLocal;
    this.#hasReadEnded = options.isLocal && !options.isBidirectional;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  /** The stream's number, or undefined while the peer does not allow it to be opened yet. */
  get id(): number | undefined {
    return this.#native.streamId(this.#key);
  }

  /** Begins delivery. Called once; what arrived before is kept, and holds the sender back. */
  start(reader: StreamReader | ChunkReader): void {
    if (this.#reader !== undefined) throw new Error("The stream was started before");
    this.#reader = "data" in reader ? chunked(reader) : reader;
    this.#offer();
  }

  /** Stops delivery until `resume`; the peer is held back once the windows are full. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#offer();
  }

  /**
   * Sends bytes, in order of the calls. Resolves when the buffers may be reused; until then they
   * are read where they lie, and must be neither changed nor transferred.
   *
   * @throws {QuicError} when the stream or the connection ends first
   */
  write(bytes: Uint8Array | readonly Uint8Array[]): Promise<void> {
    return this.#write(bytes instanceof Uint8Array ? [bytes] : bytes, false);
  }

  #write(parts: readonly Uint8Array[], untilAcknowledged: boolean): Promise<void> {
    if (this.#hasEnded) return Promise.reject(new Error("The stream was ended before"));
    if (this.#writeError !== undefined) return Promise.reject(this.#writeError);
    return new Promise((resolve, reject) => {
      this.#writes.push({ resolve, reject });
      if (this.#native.write(this.#key, parts, untilAcknowledged)) return;
      this.#writes.pop();
      reject(this.#writeError ?? new QuicError("The stream is closed", { kind: "stream" }));
    });
  }

  /**
   * Resolves when the peer has acknowledged everything that was written so far: what is closed after
   * that loses nothing on the way.
   *
   * @throws {QuicError} when the stream or the connection ends first
   */
  drain(): Promise<void> {
    return this.#write([], true);
  }

  /** Finishes our direction after what was written. */
  end(): void {
    if (this.#hasEnded || this.#writeError !== undefined) return;
    this.#hasEnded = true;
    this.#native.end(this.#key);
  }

  /** Gives our direction up: what was not sent is not, and pending writes reject. */
  reset(code = 0): void {
    this.#native.resetStream(this.#key, code);
    this.failWrites(
      new QuicError("The stream was reset here", { kind: "stream", errorCode: code }),
    );
  }

  /** Asks the peer to send no more; what still comes is dropped. */
  stopSending(code = 0): void {
    this.#hasReadEnded = true;
    this.#native.stopSending(this.#key, code);
    this.#finishWhenDone();
  }

  /** @internal */
  fill(count: number, isEnd: boolean): Uint8Array | undefined {
    this.#isReading = false;
    if (this.#reader === undefined || this.#hasReadEnded) return undefined;
    if (count > 0) this.#reader.advance(count);
    if (isEnd) {
      if (!this.#hasReadEnded) {
        this.#hasReadEnded = true;
        this.#reader.end();
      }
      this.#finishWhenDone();
      return undefined;
    }
    // The reader may have paused, or resumed and so offered its memory itself.
    if (this.#isPaused || this.#hasReadEnded || this.#isReading) return undefined;
    this.#isReading = true;
    return this.#reader.writable();
  }

  /** @internal */
  written(count: number): void {
    const until = this.#writesDone + count;
    for (; this.#writesDone < until; this.#writesDone += 1)
      this.#writes[this.#writesDone]?.resolve();
    // The front is dropped in larger pieces: shifting every time costs more.
    if (this.#writesDone === this.#writes.length) {
      this.#writes = [];
      this.#writesDone = 0;
    } else if (this.#writesDone > 1024) {
      this.#writes = this.#writes.slice(this.#writesDone);
      this.#writesDone = 0;
    }
  }

  /** @internal */
  failWrites(error: QuicError): void {
    this.#writeError ??= error;
    const waiting = this.#writes.slice(this.#writesDone);
    this.#writes = [];
    this.#writesDone = 0;
    for (const write of waiting) write.reject(this.#writeError);
  }

  /** @internal The peer reset its direction, or the connection ended. */
  failRead(error: QuicError): void {
    this.#readError ??= error;
    if (this.#reader !== undefined) this.#failRead(error);
  }

  /** @internal The stream is closed at both ends; received bytes may still wait for their reader. */
  close(): void {
    this.#isClosed = true;
    // The peer may have taken less than we sent.
    this.failWrites(new QuicError("The stream is closed", { kind: "stream", isRemote: true }));
    this.#finishWhenDone();
  }

  /** @internal The connection is gone: what it received is delivered first, then the error. */
  endWithConnection(error: QuicError): void {
    this.#isClosed = true;
    this.#readError ??= error;
    if (this.#isReading) this.#failRead(error);
    this.#finishWhenDone();
  }

  #failRead(error: QuicError): void {
    if (this.#hasReadEnded) return;
    this.#hasReadEnded = true;
    this.#reader?.error?.(error);
    this.#finishWhenDone();
  }

  #offer(): void {
    if (this.#reader === undefined || this.#isReading || this.#isPaused || this.#hasReadEnded)
      return;
    this.#isReading = true;
    // Where the connection has ended this delivers everything that is left, before it returns.
    this.#native.setTarget(this.#key, this.#reader.writable());
    if (this.#readError !== undefined && !this.#isPaused) this.#failRead(this.#readError);
  }

  #finishWhenDone(): void {
    if (!this.#isClosed || !this.#hasReadEnded) return;
    this.#native.release(this.#key);
    this.#forget();
    this.#resolveClosed();
  }
}

/** Cuts what comes into chunks out of larger pieces of memory. */
function chunked(reader: ChunkReader): StreamReader {
  let memory = new Uint8Array(CHUNK);
  let used = 0;
  return {
    writable: () => {
      if (memory.length - used < CHUNK / 4) {
        memory = new Uint8Array(CHUNK);
        used = 0;
      }
      return memory.subarray(used);
    },
    advance: (count) => {
      const bytes = memory.subarray(used, used + count);
      used += count;
      reader.data(bytes);
    },
    end: () => reader.end(),
    error: (error) => reader.error?.(error),
  };
}
