import type { QuicConnection, QuicError, QuicStream } from "ngtcp2-napi";
import type { Clock } from "../../core/clock.ts";
import { TransportClosedError, TransportError } from "../../core/errors.ts";
import type {
  MessageParts,
  Transport,
  TransportSecurity,
  TransportSink,
} from "../../core/transport.ts";
import { FrameDecoder } from "../framing/frame-decoder.ts";
import { encodeFramePrefix, maxFrameLength } from "../framing/frame-prefix.ts";
import { type Circumstances, quicClosed } from "./quic-failure.ts";
import type { QuicVerify } from "./quic-options.ts";
import { securityOf } from "./quic-security.ts";

/** How long `close` lets accepted bytes drain before it cuts the connection, in milliseconds. */
const FLUSH_GRACE_MS = 5000;

/** What a {@link QuicStreamTransport} is made of. */
export interface QuicStreamTransportOptions {
  readonly connection: QuicConnection;
  /** The one bidirectional stream of the connection; not started. */
  readonly stream: QuicStream;
  readonly endpoint: string;
  readonly about: Circumstances;
  /** What was checked of the peer's certificate. */
  readonly verify: QuicVerify;
  readonly clock: Clock;
}

/** Messages over a QUIC stream, with the four-byte prefix of Direct TCP ([MS-SMB2] 2.1). */
export class QuicStreamTransport implements Transport {
  readonly kind = "quic";
  readonly remoteAddress: string;
  readonly maxMessageSize: number = maxFrameLength(24);
  readonly isEncrypted: boolean;
  readonly security: TransportSecurity;
  readonly connection: QuicConnection;
  readonly #about: Circumstances;
  readonly #stream: QuicStream;
  readonly #clock: Clock;
  #streamBytes = 0;
  #sink: TransportSink | undefined;
  #decoder: FrameDecoder | undefined;
  #closing: Promise<void> | undefined;
  #ended: { readonly error: Error | undefined } | undefined;

  constructor(options: QuicStreamTransportOptions) {
    this.connection = options.connection;
    this.#stream = options.stream;
    this.remoteAddress = options.endpoint;
    this.security = securityOf(options.connection.info, options.verify);
    this.isEncrypted = this.security.verification === "strict";
    this.#about = options.about;
    this.#clock = options.clock;
  }

  get rttMs(): number {
    return this.connection.counters.rttMs;
  }

  /** Of the stream: QUIC's own acknowledgements and keep-alives prove nothing about the server. */
  get bytesReceived(): number {
    return this.#streamBytes;
  }

  /** What the peer has acknowledged: what is sent again and again to a dead one does not count. */
  get bytesSent(): number {
    const { bytesSent, bytesInFlight } = this.connection.counters;
    return bytesSent - bytesInFlight;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    if (this.#ended !== undefined) {
      const { error } = this.#ended;
      queueMicrotask(() => sink.closed(error));
      return;
    }
    const decoder = new FrameDecoder(sink, { lengthBits: 24 });
    this.#decoder = decoder;
    this.#stream.start({
      writable: () => decoder.writable(),
      advance: (count) => this.#advance(decoder, count),
      end: () => this.#end(this.#peerLeft()),
      // Where the peer closed the connection in good order nothing was lost between two messages.
      error: (error) =>
        this.#end(
          isGoodEnd(error) ? this.#peerLeft() : quicClosed(this.remoteAddress, error, this.#about),
        ),
    });
  }

  send(message: MessageParts): Promise<void> {
    if (this.#closing !== undefined || this.#ended !== undefined) {
      return Promise.reject(this.#closedError(this.#ended?.error));
    }
    const length = message.reduce((sum, part) => sum + part.length, 0);
    if (length === 0 || length > this.maxMessageSize) {
      const limit = `this wire carries 1 to ${this.maxMessageSize}`;
      return Promise.reject(new TransportError(`A message of ${length} bytes: ${limit}`));
    }
    return this.#stream.write([encodeFramePrefix(length), ...message]).catch((error: unknown) => {
      // The peer may leave on our end before it has acknowledged everything: we are both done.
      if (this.#closing !== undefined && isGoodEnd(error)) return;
      throw this.#closedError(error);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#flushAndEnd();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #flushAndEnd(): Promise<void> {
    if (this.#ended === undefined) {
      let cancel: () => void = () => undefined;
      const grace = new Promise<void>((resolve) => {
        cancel = this.#clock.after(FLUSH_GRACE_MS, resolve);
      });
      const drained = this.#stream.drain().catch(() => undefined);
      this.#stream.end();
      await Promise.race([drained, grace, this.connection.closed]);
      cancel();
    }
    this.#end(undefined);
    await this.connection.close();
  }

  #advance(decoder: FrameDecoder, count: number): void {
    this.#streamBytes += count;
    if (this.#ended !== undefined || this.#closing !== undefined) return;
    try {
      decoder.advance(count);
    } catch (error) {
      this.#end(error as Error);
    }
  }

  /** The one way out: nothing is delivered or sent after it. */
  #end(error: Error | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error: this.#closing === undefined ? error : undefined };
    this.#sink?.closed(this.#ended.error);
    if (this.#closing === undefined) void this.connection.close();
  }

  #peerLeft(): Error | undefined {
    if (this.#decoder === undefined || this.#decoder.isAtBoundary) return undefined;
    return new TransportClosedError(
      `${this.remoteAddress} closed the connection in the middle of a message`,
    );
  }

  #closedError(cause: unknown): TransportClosedError {
    if (cause instanceof TransportClosedError) {
      return new TransportClosedError(cause.message, { cause });
    }
    // The peer stopped listening although it has not left.
    if (this.#closing === undefined && (cause as QuicError | undefined)?.kind === "stream") {
      return quicClosed(this.remoteAddress, cause as QuicError, this.#about);
    }
    return new TransportClosedError(`The connection to ${this.remoteAddress} is closed`, { cause });
  }
}

/** The peer closed the connection, and had nothing to complain of. */
function isGoodEnd(error: unknown): boolean {
  const { kind, errorCode } = error as QuicError;
  return kind === "application" && errorCode === 0;
}
