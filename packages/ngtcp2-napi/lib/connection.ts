import { closeError, QuicError, readVerification, type Verification } from "./errors.ts";
import {
  type ConnectionCounters,
  EventType,
  type NativeConnection,
  type SocketAddress,
} from "./native.ts";
import type { QuicSession, VerifyMode } from "./options.ts";
import { QuicStream } from "./stream.ts";

/** What was agreed on in the handshake. */
export interface ConnectionInfo {
  /** 1, or 0x6b3343cf for QUIC version 2. */
  readonly version: number;
  readonly alpn: string;
  /** The TLS cipher suite as GnuTLS names it. */
  readonly cipher: string;
  /** The key exchange group. */
  readonly group: string;
  /** The name that the client asked for. */
  readonly serverName: string;
  readonly isResumed: boolean;
  /** Client: whether the server asked for a certificate; it judges it after the handshake. */
  readonly wasCertificateRequested: boolean;
  /** Whether the server asked us to prove our address. */
  readonly hadRetry: boolean;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly verification: Verification;
}

/** @internal */
export interface ConnectionSetup {
  readonly isServer: boolean;
  readonly serverName: string;
  readonly verify: VerifyMode;
}

/** A QUIC connection, made by `connect` or given by a server. */
export class QuicConnection implements AsyncDisposable {
  /** Resolves when the connection has ended: with its error, or undefined after a good end. */
  readonly closed: Promise<QuicError | undefined>;
  readonly #native: NativeConnection;
  readonly #setup: ConnectionSetup;
  readonly #streams = new Map<number, QuicStream>();
  #resolveClosed: (error: QuicError | undefined) => void = () => undefined;
  #established: { resolve(): void; reject(error: QuicError): void } | undefined;
  #onStream: ((stream: QuicStream) => void) | undefined;
  #incoming: QuicStream[] = [];
  #onSession: ((session: QuicSession) => void) | undefined;
  #token: Uint8Array | undefined;
  #session: QuicSession | undefined;
  #info: ConnectionInfo | undefined;
  #error: QuicError | undefined;
  #isClosed = false;
  #confirm: () => void = () => undefined;
  /** Client: resolves when the server has accepted our part of the handshake, certificate included. */
  readonly confirmed: Promise<void>;

  /** @internal */
  constructor(native: NativeConnection, setup: ConnectionSetup) {
    this.#native = native;
    this.#setup = setup;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.confirmed = new Promise((resolve) => {
      this.#confirm = resolve;
    });
    native.attach(
      (type, key, value, flag, bytes) => this.#event(type, key, value, flag, bytes),
      (key, count, isEnd) => this.#streams.get(key)?.fill(count, isEnd),
    );
  }

  /** @internal Resolves when the handshake is complete. */
  whenEstablished(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#established = { resolve, reject };
    });
  }

  /** What was agreed on. */
  get info(): ConnectionInfo {
    this.#info ??= {
      ...this.#native.info(),
      verification: readVerification(this.#native.verification()),
    };
    return this.#info;
  }

  /** Numbers of this moment. */
  get counters(): ConnectionCounters {
    return this.#native.counters();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What a later connection to the same server can resume, as soon as the server has sent it. */
  get session(): QuicSession | undefined {
    return this.#session;
  }

  /** Is told of every stream that the peer opens; those that came before follow at once. */
  onStream(callback: (stream: QuicStream) => void): void {
    this.#onStream = callback;
    for (const stream of this.#incoming.splice(0)) callback(stream);
  }

  /** Is told of every session ticket. */
  onSession(callback: (session: QuicSession) => void): void {
    this.#onSession = callback;
    if (this.#session !== undefined) callback(this.#session);
  }

  /**
   * Opens a stream for both directions. Where the peer's limit is reached the stream waits, and
   * with it what is written to it.
   */
  openBidi(): QuicStream {
    return this.#open(true);
  }

  /** Opens a stream on which only we send. */
  openUni(): QuicStream {
    return this.#open(false);
  }

  /** Changes the keys of both directions. False where the last change is not confirmed yet. */
  updateKeys(): boolean {
    return this.#native.updateKeys();
  }

  /**
   * Ends the connection. What is not acknowledged may be lost: end the streams and await the peer's
   * end where that matters. Resolves when the peer has been told; it is not waited for.
   */
  async close(options: { readonly code?: number; readonly reason?: string } = {}): Promise<void> {
    this.#native.close(true, options.code ?? 0, options.reason ?? "");
    await this.closed;
  }

  /** Ends the connection without a word; the peer notices by its idle time-out. */
  destroy(): void {
    this.#native.destroy();
  }

  /** Whether the connection keeps the process running. Default: it does. */
  ref(): this {
    this.#native.setReferenced(true);
    return this;
  }

  unref(): this {
    this.#native.setReferenced(false);
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #open(isBidirectional: boolean): QuicStream {
    if (this.#isClosed)
      throw this.#error ?? new QuicError("The connection is closed", { kind: "destroyed" });
    return this.#adopt(this.#native.open(isBidirectional), isBidirectional, true);
  }

  #adopt(key: number, isBidirectional: boolean, isLocal: boolean): QuicStream {
    const forget = (): void => {
      this.#streams.delete(key);
    };
    const stream = new QuicStream(this.#native, key, { isBidirectional, isLocal, forget });
    this.#streams.set(key, stream);
    return stream;
  }

  #event(type: number, key: number, value: number, flag: boolean, bytes?: Uint8Array): void {
    switch (type) {
      case EventType.HANDSHAKE_COMPLETED:
        this.#established?.resolve();
        return;
      case EventType.HANDSHAKE_CONFIRMED:
        this.#confirm();
        return;
      case EventType.STREAM_OPENED:
        this.#opened(this.#adopt(key, flag, false));
        return;
      case EventType.TOKEN:
        this.#token = bytes;
        return;
      case EventType.TICKET:
        if (bytes !== undefined) this.#ticket(bytes);
        return;
      case EventType.CLOSED:
        this.#close();
        return;
      default:
        this.#streamEvent(type, key, value);
    }
  }

  #streamEvent(type: number, key: number, value: number): void {
    const stream = this.#streams.get(key);
    if (stream === undefined) return;
    switch (type) {
      case EventType.WRITTEN:
        stream.written(value);
        return;
      case EventType.STREAM_RESET:
        stream.failRead(
          new QuicError(`The peer reset the stream with code ${value}`, {
            kind: "stream",
            errorCode: value,
            isRemote: true,
          }),
        );
        return;
      case EventType.STOP_SENDING:
        stream.failWrites(
          new QuicError("The peer wants no more on this stream", {
            kind: "stream",
            errorCode: value,
            isRemote: true,
          }),
        );
        return;
      case EventType.STREAM_CLOSED:
        stream.close();
        return;
      default:
    }
  }

  #opened(stream: QuicStream): void {
    if (this.#onStream === undefined) {
      this.#incoming.push(stream);
    } else {
      this.#onStream(stream);
    }
  }

  #ticket(ticket: Uint8Array): void {
    const { serverName, verify } = this.#setup;
    this.#session = { ticket, token: this.#token, serverName, verify };
    this.#onSession?.(this.#session);
  }

  #close(): void {
    this.#isClosed = true;
    const reason = this.#native.closeReason();
    const verification = readVerification(this.#native.verification());
    const error = closeError(reason, verification.isDone ? verification : undefined);
    const isGood =
      error.errorCode === 0 && (error.kind === "application" || error.kind === "transport");
    this.#error = error;
    for (const stream of [...this.#streams.values()]) {
      stream.failWrites(error);
      stream.endWithConnection(error);
    }
    this.#established?.reject(error);
    this.#resolveClosed(
      isGood || (error.kind === "destroyed" && !error.isRemote) ? undefined : error,
    );
  }
}
