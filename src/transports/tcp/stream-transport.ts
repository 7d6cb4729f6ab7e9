import type { Socket } from "node:net";
import type { Clock } from "../../core/clock.ts";
import { TransportClosedError, TransportError } from "../../core/errors.ts";
import {
  formatEndpoint,
  type MessageParts,
  type Transport,
  type TransportKind,
  type TransportSink,
} from "../../core/transport.ts";
import { discardingReader } from "../framing/byte-reader.ts";
import { type LengthBits, maxFrameLength } from "../framing/frame-prefix.ts";
import type { FrameInlet } from "./frame-inlet.ts";
import { messageLength, outgoingFrame } from "./outgoing-frame.ts";
import { closedBySystem } from "./socket-failure.ts";
import { WriteBatch } from "./write-batch.ts";

/** How long `close` lets accepted bytes drain before it cuts the connection, in milliseconds. */
const FLUSH_GRACE_MS = 5000;
/** How long `close` waits for the peer's own end once everything is sent, in milliseconds. */
const LINGER_MS = 500;

/** What a {@link StreamTransport} is made of. */
export interface StreamTransportOptions {
  readonly kind: TransportKind;
  readonly lengthBits: LengthBits;
  readonly endpoint: string;
  /** Connected and paused. */
  readonly socket: Socket;
  readonly inlet: FrameInlet;
  readonly clock: Clock;
  /** Sent whenever we were silent for so long (the NetBIOS session keep-alive). */
  readonly keepAlive?: { readonly everyMs: number; readonly bytes: Uint8Array };
}

/** Messages over a TCP socket: Direct TCP, and NetBIOS once its session is established. */
export class StreamTransport implements Transport {
  readonly kind: TransportKind;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly maxMessageSize: number;
  readonly isEncrypted = false;
  readonly #socket: Socket;
  readonly #batch: WriteBatch;
  readonly #inlet: FrameInlet;
  readonly #clock: Clock;
  readonly #keepAlive: StreamTransportOptions["keepAlive"];
  #lastSentMs = 0;
  #cancelKeepAlive: () => void = () => undefined;
  #cancelGrace: () => void = () => undefined;
  #closing: Promise<void> | undefined;
  #ended: { readonly error: Error | undefined } | undefined;
  #onEnded: () => void = () => undefined;

  constructor(options: StreamTransportOptions) {
    this.kind = options.kind;
    this.remoteAddress = options.endpoint;
    // Asked for now: a socket that is closed has forgotten it.
    const { localAddress = "", localPort = 0 } = options.socket;
    this.localAddress = formatEndpoint(localAddress, localPort);
    this.maxMessageSize = maxFrameLength(options.lengthBits);
    this.#socket = options.socket;
    this.#batch = new WriteBatch(options.socket);
    this.#inlet = options.inlet;
    this.#clock = options.clock;
    this.#keepAlive = options.keepAlive;
    this.#lastSentMs = options.clock.now();
    this.#inlet.onFault = (error) => this.#end(error as Error);
    this.#socket
      .on("error", (error) => this.#end(closedBySystem(this.remoteAddress, error)))
      .on("end", () => this.#end(this.#peerLeft()))
      .on("close", () => this.#end(this.#peerLeft()));
    this.#armKeepAlive();
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead;
  }

  get bytesSent(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  get isBlocked(): boolean {
    return this.#socket.writableLength > 0;
  }

  start(sink: TransportSink): void {
    this.#inlet.sink = sink;
    // A wire that broke before anybody listened says so now, but not inside this call.
    if (this.#ended !== undefined) queueMicrotask(() => sink.closed(this.#ended?.error));
    else this.#socket.resume();
  }

  send(message: MessageParts): Promise<void> {
    if (this.#closing !== undefined || this.#ended !== undefined) {
      return Promise.reject(this.#closedError());
    }
    const length = messageLength(message);
    if (length === 0 || length > this.maxMessageSize) {
      const limit = `this wire carries 1 to ${this.maxMessageSize}`;
      return Promise.reject(new TransportError(`A message of ${length} bytes: ${limit}`));
    }
    this.#lastSentMs = this.#clock.now();
    const { writes, isCopied } = outgoingFrame(message, length);
    const [only] = writes;
    if (isCopied && writes.length === 1 && only !== undefined && !this.#socket.writableNeedDrain) {
      this.#batch.add(only);
      return Promise.resolve();
    }
    this.#batch.flush();
    return this.#write(writes, isCopied);
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      if (this.#ended !== undefined) {
        resolve();
        return;
      }
      this.#onEnded = resolve;
      this.#flushAndEnd();
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #write(writes: readonly Uint8Array[], isCopied: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error?: Error | null): void => {
        if (error == null && this.#ended === undefined) resolve();
        else reject(this.#ended === undefined && error ? this.#broken(error) : this.#closedError());
      };
      const last = writes.length - 1;
      let keepsUp = true;
      writes.forEach((bytes, index) => {
        keepsUp = index < last ? this.#socket.write(bytes) : this.#socket.write(bytes, settle);
      });
      if (isCopied && keepsUp) resolve();
    });
  }

  /**
   * Sends what was accepted, then our end, and reads on until the peer's end: closing a socket that
   * still has unread bytes resets the connection and may take back what was just sent.
   */
  #flushAndEnd(): void {
    const socket = this.#socket;
    this.#inlet.reader = discardingReader();
    this.#cancelGrace = this.#clock.after(FLUSH_GRACE_MS, () => this.#end(undefined));
    this.#batch.flush();
    socket.end(() => {
      if (this.#ended !== undefined) return;
      this.#cancelGrace();
      this.#cancelGrace = this.#clock.after(LINGER_MS, () => this.#end(undefined));
    });
    socket.resume();
  }

  /** The one way out: nothing is delivered or sent after it. */
  #end(error: Error | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error: this.#closing === undefined ? error : undefined };
    this.#cancelKeepAlive();
    this.#cancelGrace();
    this.#inlet.reader = discardingReader();
    this.#socket.destroy();
    this.#inlet.sink?.closed(this.#ended.error);
    this.#onEnded();
  }

  #peerLeft(): Error | undefined {
    if (this.#inlet.decoder.isAtBoundary) return undefined;
    return new TransportClosedError(
      `${this.remoteAddress} closed the connection in the middle of a message`,
    );
  }

  #broken(error: Error): TransportClosedError {
    return closedBySystem(this.remoteAddress, error);
  }

  #closedError(): TransportClosedError {
    const cause = this.#ended?.error;
    if (cause instanceof TransportClosedError) {
      return new TransportClosedError(cause.message, {
        cause,
        ...(cause.reason === undefined ? {} : { reason: cause.reason }),
      });
    }
    return new TransportClosedError(`The connection to ${this.remoteAddress} is closed`, { cause });
  }

  #armKeepAlive(): void {
    const keepAlive = this.#keepAlive;
    if (keepAlive === undefined) return;
    const beat = (): void => {
      const silentMs = this.#clock.now() - this.#lastSentMs;
      if (silentMs >= keepAlive.everyMs) {
        this.#batch.flush();
        this.#socket.write(keepAlive.bytes);
        this.#lastSentMs = this.#clock.now();
      }
      this.#armKeepAlive();
    };
    const silentMs = this.#clock.now() - this.#lastSentMs;
    this.#cancelKeepAlive = this.#clock.after(Math.max(keepAlive.everyMs - silentMs, 1), beat);
  }
}
