import { AbortListeners } from "../abort-listeners.ts";
import type { Clock } from "../clock.ts";
import { ProtocolError, TransportClosedError } from "../errors.ts";
import type { Dialect } from "../smb2/constants.ts";
import { EchoRequest } from "../smb2/echo.ts";
import type { Transport } from "../transport.ts";
import { BYTES_PER_CREDIT, CreditSupply } from "./credit-supply.ts";
import { CreditWindow } from "./credit-window.ts";
import { Liveness } from "./liveness.ts";
import type { MessageSecurity } from "./message-security.ts";
import {
  cipherName,
  dialectName,
  type NegotiatedParameters,
  signingAlgorithmName,
} from "./negotiated-parameters.ts";
import { OutstandingRequests } from "./outstanding-requests.ts";
import { Receiver } from "./receiver.ts";
import type { OutboundRequest, RequestSize, SendOptions, SentFrame } from "./request.ts";
import { SilenceWatch } from "./silence-watch.ts";
import type { TraceListener } from "./trace.ts";
import { Transmitter } from "./transmitter.ts";

/** Messages that carry more do not pay: the pipeline needs several of them in flight. */
const LARGEST_CHUNK = 1024 * 1024;
/** Room for everything in a frame that is no data, for each of its messages. */
const MESSAGE_OVERHEAD = 1024;
/** What a wire of short messages carries is rounded down to a multiple of this. */
const PAGE = 4096;
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
  readonly clock: Clock;
  /** Resolves once, when the wire is gone: with the reason, or undefined for an orderly end. */
  readonly closed: Promise<Error | undefined>;
  /** Called for an oplock or lease break, which nobody asked for ([MS-SMB2] 3.2.5.19). */
  onBreak: ((message: Uint8Array) => void) | undefined;
  /** Called when the server has been silent for half of the time-out, and again while that lasts. */
  onQuiet: (() => void) | undefined;
  readonly #aborts = new AbortListeners();
  readonly #window = new CreditWindow(this.#aborts);
  readonly #outstanding = new OutstandingRequests();
  readonly #securities = new Map<bigint, MessageSecurity>();
  readonly #liveness: Liveness;
  readonly #watch: SilenceWatch;
  readonly #receiver: Receiver;
  readonly #transmitter: Transmitter;
  readonly #credits: CreditSupply;
  #negotiated: NegotiatedParameters | undefined;
  #failure: Error | undefined;
  #settleClosed: (error: Error | undefined) => void = () => {};

  /** Takes over a connected wire and starts to receive; `negotiate` makes it usable. */
  constructor(transport: Transport, options: ConnectionOptions) {
    const { clock, trace } = options;
    const outstanding = this.#outstanding;
    const window = this.#window;
    const shared = { clock, trace, outstanding, window };
    this.transport = transport;
    this.clock = clock;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#credits = new CreditSupply(window, clock, (id) => this.#askForCredits(id));
    this.#liveness = new Liveness({
      transport,
      outstanding,
      window,
      probe: () => this.#probe(),
      cancel: (request) => this.#transmitter.cancel(request),
      quiet: () => this.onQuiet?.(),
      abort: (reason) => this.abort(reason),
    });
    this.#watch = new SilenceWatch(clock, this.#liveness, options.timeoutMs);
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

  /** Signing and encryption are left to the wire, by agreement with the server. */
  get usesTransportSecurity(): boolean {
    return this.negotiated.usesTransportSecurity;
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

  /** What one READ or WRITE may carry now: the least of the server's, the wire's and our limits. */
  get chunkSize(): number {
    return this.placedChunkSize(Math.min(LARGEST_CHUNK, this.#carriedSize()));
  }

  /** As `chunkSize` where the data do not travel in messages: `limit` is what goes at once. */
  placedChunkSize(limit: number): number {
    const { maxReadSize, maxWriteSize } = this.negotiated;
    return Math.min(maxReadSize, maxWriteSize, this.#affordableSize(), limit);
  }

  /**
   * What one READ or WRITE may carry that was made for another connection and is to be sent here: more
   * than `chunkSize` where the server, its credits and the wire allow that.
   */
  get fallbackChunkSize(): number {
    const { maxReadSize, maxWriteSize, supportsMultiCredit } = this.negotiated;
    const credits = supportsMultiCredit ? this.#window.total * BYTES_PER_CREDIT : 0;
    const granted = Math.max(credits, this.chunkSize);
    return Math.min(maxReadSize, maxWriteSize, granted, this.#carriedSize());
  }

  /** What a response of another kind may carry now: `wanted`, or what server and credits allow. */
  transactSize(wanted: number): number {
    const carried = this.transport.maxMessageSize - MESSAGE_OVERHEAD;
    return Math.min(wanted, this.negotiated.maxTransactSize, this.#affordableSize(), carried);
  }

  /** Credits that could come back: the bound for what is worth having in flight. */
  get creditLimit(): number {
    return this.#window.total;
  }

  /** Whether the credits suffice to send all of `requests` in one frame, and the wire carries it. */
  canSendAtOnce(requests: readonly RequestSize[]): boolean {
    let bytes = 0;
    for (const { payload, expectedSize } of requests) {
      bytes += MESSAGE_OVERHEAD + Math.max(payload?.length ?? 0, expectedSize ?? 0);
    }
    return bytes <= this.transport.maxMessageSize && this.canAfford(requests);
  }

  /** Whether the credits suffice to send all of `requests` in one frame. */
  canAfford(requests: readonly RequestSize[]): boolean {
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
    const started = this.clock.now();
    const { replies } = await this.send(ECHO, { signal });
    await replies[0];
    return this.clock.now() - started;
  }

  /** Asks for a sign of life, unless an answer is being waited for anyway. */
  ask(): void {
    if (this.#liveness.quietSinceMs() === undefined) this.#liveness.probe();
  }

  /**
   * Ends the connection if it has been silent for a quarter of the time-out: where another one to the
   * same server has been given up, and this one was asked for a sign of life.
   */
  giveUpIfSilent(): void {
    const { silentMs } = this.#watch;
    if (this.#failure === undefined && silentMs >= this.timeoutMs / 4)
      this.#liveness.peerIsSilent(silentMs);
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

  /** What a message has room for, beside what is no data. */
  #carriedSize(): number {
    const carried = this.transport.maxMessageSize - MESSAGE_OVERHEAD;
    return carried - (carried % PAGE);
  }

  #affordableSize(): number {
    return this.negotiated.supportsMultiCredit ? this.#credits.affordableSize : BYTES_PER_CREDIT;
  }

  #waitForCredits(charge: number, signal: AbortSignal | undefined): Promise<number> {
    const waiting = this.#credits.wait(charge, signal);
    this.#watch.arm();
    return waiting;
  }

  #askForCredits(messageId: number): void {
    const { replies } = this.#transmitter.send(this.#transmitter.prepare(ECHO, {}), messageId);
    replies[0]?.catch(() => {});
  }

  #receive(frame: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      this.#receiver.receive(frame);
      this.#credits.endStarvation();
    } catch (error) {
      this.abort(asError(error));
    }
  }

  #transportClosed(error: Error | undefined): void {
    // What a wire says of its own end is a sentence already.
    this.#fail(error instanceof TransportClosedError ? error : this.#closedBecause(error));
  }

  #closedBecause(cause: Error | undefined): TransportClosedError {
    const where = this.transport.remoteAddress;
    return cause === undefined
      ? new TransportClosedError(`${where} closed the connection`)
      : new TransportClosedError(`The connection to ${where} broke: ${cause.message}`, { cause });
  }

  #fail(error: Error, isOrderly = false): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#watch.stop();
    this.#window.close(error);
    this.#outstanding.failAll(error);
    this.#settleClosed(isOrderly ? undefined : error);
  }

  #probe(): boolean {
    if (this.#negotiated === undefined) return false;
    this.echo().catch(() => {});
    return true;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
