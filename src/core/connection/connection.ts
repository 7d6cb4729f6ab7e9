import type { Clock } from "../clock.ts";
import { ProtocolError, TimeoutError, TransportClosedError, UnsupportedError } from "../errors.ts";
import type { Dialect } from "../smb2/constants.ts";
import { EchoRequest } from "../smb2/echo.ts";
import type { Transport } from "../transport.ts";
import { AbortListeners } from "./abort-listeners.ts";
import { CreditWindow } from "./credit-window.ts";
import type { MessageSecurity } from "./message-security.ts";
import {
  cipherName,
  dialectName,
  type NegotiatedParameters,
  signingAlgorithmName,
} from "./negotiated-parameters.ts";
import { OutstandingRequests } from "./outstanding-requests.ts";
import { Receiver } from "./receiver.ts";
import type { OutboundRequest, SendOptions, SentFrame } from "./request.ts";
import { SilenceWatch, type WatchedConnection } from "./silence-watch.ts";
import type { TraceListener } from "./trace.ts";
import { BYTES_PER_CREDIT, Transmitter } from "./transmitter.ts";

/** READ and WRITE sizes above this do not pay: the pipeline needs several of them in flight. */
const LARGEST_CHUNK = 1024 * 1024;
/** Asks for nothing but an answer. */
const ECHO: readonly OutboundRequest[] = [{ codec: EchoRequest, message: {} }];

export interface ConnectionOptions {
  readonly clock: Clock;
  /** Silence after which the peer counts as gone, in milliseconds. */
  readonly timeoutMs: number;
  readonly trace?: TraceListener | undefined;
}

/**
 * One SMB2 connection over one wire: it numbers requests within the server's credits, matches
 * responses, protects and checks messages ([MS-SMB2] 3.2.1.2). It knows sessions only as keys.
 */
export class Connection implements AsyncDisposable {
  readonly transport: Transport;
  /** Resolves once, when the wire is gone: with the reason, or undefined for an orderly end. */
  readonly closed: Promise<Error | undefined>;
  /** Called for an oplock or lease break, which nobody asked for ([MS-SMB2] 3.2.5.19). */
  onBreak: ((message: Uint8Array) => void) | undefined;
  readonly #aborts = new AbortListeners();
  readonly #window = new CreditWindow(this.#aborts);
  readonly #outstanding = new OutstandingRequests();
  readonly #securities = new Map<bigint, MessageSecurity>();
  readonly #clock: Clock;
  readonly #watch: SilenceWatch;
  readonly #receiver: Receiver;
  readonly #transmitter: Transmitter;
  /** How many credits there were when more were last asked for in vain. */
  #creditsWhenAsked = 0;
  #negotiated: NegotiatedParameters | undefined;
  #failure: Error | undefined;
  #settleClosed: (error: Error | undefined) => void = () => {};

  /** Takes over a connected wire and starts to receive; `Negotiator` makes it usable. */
  constructor(transport: Transport, options: ConnectionOptions) {
    const { clock, trace } = options;
    const shared = { clock, trace, outstanding: this.#outstanding, window: this.#window };
    this.transport = transport;
    this.#clock = clock;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#watch = new SilenceWatch(clock, this.#watched(), options.timeoutMs);
    this.#receiver = new Receiver({
      ...shared,
      securities: this.#securities,
      onBreak: (message) => this.onBreak?.(message),
    });
    this.#transmitter = new Transmitter({
      ...shared,
      transport,
      aborts: this.#aborts,
      onFault: (error) => this.#fail(asError(error)),
    });
    transport.start({
      allocate: (length) => this.#receiver.allocate(length),
      message: (frame) => this.#receive(frame),
      closed: (error) => this.#transportClosed(error),
    });
  }

  /** What NEGOTIATE agreed on. Throws before that. */
  get negotiated(): NegotiatedParameters {
    if (this.#negotiated === undefined)
      throw new ProtocolError("The connection is not negotiated yet");
    return this.#negotiated;
  }

  set negotiated(parameters: NegotiatedParameters) {
    this.#negotiated = parameters;
    this.#transmitter.supportsMultiCredit = parameters.supportsMultiCredit;
  }

  get dialect(): Dialect {
    return this.negotiated.dialect;
  }

  /** `3.1.1` and so on. */
  get dialectName(): string {
    return dialectName(this.dialect);
  }

  /** `AES-128-GMAC`, `AES-128-CMAC` or `HMAC-SHA256`: what signed messages are signed with. */
  get signingAlgorithm(): string {
    return signingAlgorithmName(this.negotiated.signingAlgorithm);
  }

  /** `AES-128-GCM` and so on; undefined where encryption was not agreed. */
  get cipher(): string | undefined {
    const { cipher } = this.negotiated;
    return cipher === undefined ? undefined : cipherName(cipher);
  }

  /** 16 bytes that name the server. */
  get serverGuid(): Uint8Array {
    return this.negotiated.serverGuid;
  }

  get timeoutMs(): number {
    return this.#watch.timeoutMs;
  }

  /** Changes the silence allowed, for requests under way too. */
  set timeoutMs(value: number) {
    this.#watch.timeoutMs = value;
  }

  /** What one READ or WRITE may carry now: the smaller of the server's limits and our credits. */
  get chunkSize(): number {
    const { maxReadSize, maxWriteSize } = this.negotiated;
    return Math.min(maxReadSize, maxWriteSize, LARGEST_CHUNK, this.#affordableSize());
  }

  /** What a response of another kind may carry now: `wanted`, or what server and credits allow. */
  transactSize(wanted: number): number {
    return Math.min(wanted, this.negotiated.maxTransactSize, this.#affordableSize());
  }

  /** Credits that could come back: the bound for what is worth having in flight. */
  get creditLimit(): number {
    return this.#window.total;
  }

  /** Whether the credits suffice to send all of `requests` in one frame. */
  canSendAtOnce(requests: readonly OutboundRequest[]): boolean {
    let charge = 0;
    for (const request of requests) charge += this.#transmitter.chargeOf(request);
    return charge <= this.#window.total;
  }

  get isClosed(): boolean {
    return this.#failure !== undefined;
  }

  /** Makes the keys of a session known, to open and check what the server sends for it. */
  attach(security: MessageSecurity): void {
    this.#securities.set(security.sessionId, security);
  }

  detach(sessionId: bigint): void {
    this.#securities.delete(sessionId);
  }

  /**
   * Sends one request, or several as one compound, as soon as the credits allow.
   *
   * @returns the promises of the replies, in order; each rejects with what ended the connection, or
   *   with the reason of `signal`
   * @throws {TransportClosedError} and other reasons why the connection is no longer usable
   */
  async send(requests: readonly OutboundRequest[], options: SendOptions = {}): Promise<SentFrame> {
    if (this.#failure !== undefined) throw this.#failure;
    const { signal } = options;
    signal?.throwIfAborted();
    const departure = this.#transmitter.prepare(requests, options);
    const { charge } = departure;
    const firstId = this.#window.tryTake(charge) ?? (await this.#waitForCredits(charge, signal));
    // What gave us the credits may have been the last that this connection could do.
    if (this.#failure !== undefined) throw this.#failure;
    const sent = this.#transmitter.send(departure, firstId);
    this.#watch.arm();
    return sent;
  }

  /** One ECHO; resolves with the round-trip time in milliseconds. */
  async echo(signal?: AbortSignal): Promise<number> {
    const started = this.#clock.now();
    const { replies } = await this.send(ECHO, { signal });
    await replies[0];
    return this.#clock.now() - started;
  }

  /** Ends the connection because of what the peer sent; requests under way get `reason`. */
  abort(reason: Error): void {
    this.#fail(reason);
    this.transport.close().catch(() => {});
  }

  /** Closes the wire; requests under way are rejected. Never rejects. */
  async close(): Promise<void> {
    this.#fail(new TransportClosedError("The connection was closed"), true);
    await this.transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Half of what our credits pay for: a request must never wait for credits that only it brings. */
  #affordableSize(): number {
    if (!this.negotiated.supportsMultiCredit) return BYTES_PER_CREDIT;
    return Math.max(1, Math.floor(this.#window.total / 2)) * BYTES_PER_CREDIT;
  }

  #waitForCredits(charge: number, signal: AbortSignal | undefined): Promise<number> {
    const waiting = this.#window.take(charge, this.#clock.now(), signal);
    this.#watch.arm();
    this.#endStarvation();
    return waiting;
  }

  /**
   * Where nothing is under way that could bring the credits somebody waits for, an ECHO asks for
   * them; where that brings no more, the wait would be for ever ([MS-SMB2] 3.2.4.1.3).
   */
  #endStarvation(): void {
    while (this.#window.shortfall > 0 && this.#window.available > 0) {
      const { total } = this.#window;
      const messageId = total > this.#creditsWhenAsked ? this.#window.takeAhead() : undefined;
      if (messageId !== undefined) {
        this.#creditsWhenAsked = total;
        const { replies } = this.#transmitter.send(this.#transmitter.prepare(ECHO, {}), messageId);
        replies[0]?.catch(() => {});
        return;
      }
      this.#creditsWhenAsked = 0;
      this.#window.refuseFirst(
        new UnsupportedError(`The server grants ${total} credits, too few for this request`),
      );
    }
  }

  #receive(frame: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      this.#receiver.receive(frame);
      this.#endStarvation();
    } catch (error) {
      this.abort(asError(error));
    }
  }

  #transportClosed(error: Error | undefined): void {
    const where = this.transport.remoteAddress;
    this.#fail(
      error === undefined
        ? new TransportClosedError(`${where} closed the connection`)
        : new TransportClosedError(`The connection to ${where} broke: ${error.message}`, {
            cause: error,
          }),
    );
  }

  #fail(error: Error, isOrderly = false): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#watch.stop();
    this.#window.close(error);
    this.#outstanding.failAll(error);
    this.#settleClosed(isOrderly ? undefined : error);
  }

  #watched(): WatchedConnection {
    return {
      bytesReceived: () => this.transport.bytesReceived,
      bytesSent: () => this.transport.bytesSent,
      quietSinceMs: () => this.#outstanding.quietest()?.quietSinceMs ?? this.#window.waitingSinceMs,
      probe: () => this.#probe(),
      peerIsSilent: (silentMs) => this.#endSilence(silentMs),
      requestIsStuck: (silentMs) => this.#endStuckRequest(silentMs),
    };
  }

  #endSilence(silentMs: number): void {
    const waiting = this.#outstanding.quietest()?.sent.commandName;
    const what = waiting === undefined ? "credits" : `the answer to ${waiting}`;
    const seconds = Math.round(silentMs / 1000);
    const text = `${this.transport.remoteAddress} has been silent for ${seconds} s (waiting for ${what})`;
    this.abort(new TimeoutError(text, silentMs));
  }

  #endStuckRequest(silentMs: number): void {
    const seconds = Math.round(silentMs / 1000);
    const request = this.#outstanding.quietest();
    if (request === undefined) {
      const text = `The server has granted no credits for ${seconds} s`;
      this.#window.refuseFirst(new TimeoutError(text, silentMs));
      return;
    }
    const text = `${request.sent.commandName} has not been answered for ${seconds} s`;
    request.abandon(new TimeoutError(text, silentMs));
    this.#transmitter.cancel(request);
  }

  #probe(): boolean {
    if (this.#negotiated === undefined || this.#window.available < 1) return false;
    this.echo().catch(() => {});
    return true;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
