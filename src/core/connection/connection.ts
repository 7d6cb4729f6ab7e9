import type { Clock } from "../clock.ts";
import { ProtocolError, TimeoutError, TransportClosedError } from "../errors.ts";
import { CancelRequest } from "../smb2/cancel.ts";
import { Command, type Dialect, HeaderFlags } from "../smb2/constants.ts";
import { EchoRequest } from "../smb2/echo.ts";
import { ProtocolId } from "../smb2/header.ts";
import { decodeTransformHeader } from "../smb2/transform-header.ts";
import type { MessageParts, Transport } from "../transport.ts";
import { AbortListeners } from "./abort-listeners.ts";
import { CreditWindow } from "./credit-window.ts";
import { protocolIdOf, splitFrame } from "./inbound-frame.ts";
import type { MessageSecurity } from "./message-security.ts";
import {
  cipherName,
  dialectName,
  type NegotiatedParameters,
  signingAlgorithmName,
} from "./negotiated-parameters.ts";
import { layOutFrame, type OutboundFrame, type OutboundMessage } from "./outbound-frame.ts";
import {
  type OutstandingRequest,
  OutstandingRequests,
  type RawReply,
} from "./outstanding-requests.ts";
import { ReceivePool } from "./receive-pool.ts";
import { checkProtection, isInterim } from "./reply-rules.ts";
import type { OutboundRequest, SendOptions, SentFrame } from "./request.ts";
import { SilenceWatch } from "./silence-watch.ts";
import type { TraceListener } from "./trace.ts";

/** One credit pays for so many bytes ([MS-SMB2] 3.2.4.1.5). */
const BYTES_PER_CREDIT = 65_536;
/** Credits that we ask the server to let us hold. */
const CREDIT_TARGET = 512;
/** READ and WRITE sizes above this do not pay: the pipeline needs several of them in flight. */
const LARGEST_CHUNK = 1024 * 1024;

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
  readonly #pool = new ReceivePool();
  readonly #securities = new Map<bigint, MessageSecurity>();
  readonly #clock: Clock;
  readonly #watch: SilenceWatch;
  readonly #trace: TraceListener | undefined;
  #negotiated: NegotiatedParameters | undefined;
  #failure: Error | undefined;
  #settleClosed: (error: Error | undefined) => void = () => {};

  /** Takes over a connected wire and starts to receive; `Negotiator` makes it usable. */
  constructor(transport: Transport, options: ConnectionOptions) {
    this.transport = transport;
    this.#clock = options.clock;
    this.#trace = options.trace;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#watch = new SilenceWatch(options.clock, this.#watched(), options.timeoutMs);
    transport.start({
      allocate: (length) => this.#pool.allocate(length),
      message: (bytes) => this.#receive(bytes),
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
    options.signal?.throwIfAborted();
    const charges = requests.map((request) => this.#creditCharge(request));
    let total = 0;
    for (const charge of charges) total += charge;
    const first = this.#window.tryTake(total) ?? (await this.#window.take(total, options.signal));
    return this.#transmit(requests, charges, first, options);
  }

  /** One ECHO; resolves with the round-trip time in milliseconds. */
  async echo(signal?: AbortSignal): Promise<number> {
    const started = this.#clock.now();
    const { replies } = await this.send([{ codec: EchoRequest, message: {} }], { signal });
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
    this.#fail(new TransportClosedError("The connection was closed"));
    await this.transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #transmit(
    requests: readonly OutboundRequest[],
    charges: readonly number[],
    firstId: number,
    options: SendOptions,
  ): SentFrame {
    const { security, signal } = options;
    const encrypt =
      security !== undefined && (security.encryptionRequired || options.encrypt === true);
    const sign = security !== undefined && !encrypt && security.signs(options.sign === true);
    let messageId = firstId;
    const outbound = requests.map((request, index) => {
      const charge = charges[index] ?? 1;
      const message = this.#outboundMessage(request, options, { messageId, charge, index });
      messageId += charge;
      return message;
    });
    const frame = layOutFrame(outbound, security, sign);
    const replies = requests.map((request, index) => {
      const message = outbound[index];
      if (message === undefined) throw new ProtocolError("A request has no place in its frame");
      return this.#expectReply(request, message, charges[index] ?? 1, {
        security,
        encrypt,
        sign,
        signal,
      });
    });
    const sent = this.#sendFrame(frame, encrypt ? security : undefined);
    this.#watch.arm();
    return { messages: frame.messages, replies, sent };
  }

  #sendFrame(frame: OutboundFrame, sealWith: MessageSecurity | undefined): Promise<void> {
    this.#trace?.({ direction: "sent", parts: frame.parts, isEncrypted: sealWith !== undefined });
    const parts: MessageParts = sealWith === undefined ? frame.parts : sealWith.seal(frame.parts);
    const sent = this.transport.send(parts);
    sent.catch((error: unknown) => this.#fail(asError(error)));
    return sent;
  }

  #outboundMessage(
    request: OutboundRequest,
    options: SendOptions,
    place: { readonly messageId: number; readonly charge: number; readonly index: number },
  ): OutboundMessage {
    const missing = place.index === 0 ? Math.max(0, CREDIT_TARGET - this.#window.total) : 0;
    const isRelated = options.related === true && place.index > 0;
    return {
      codec: request.codec,
      message: request.message,
      payload: request.payload,
      messageId: place.messageId,
      creditCharge: this.#negotiated?.supportsMultiCredit === true ? place.charge : 0,
      creditRequest: Math.min(0xffff, place.charge + missing),
      treeId: request.treeId ?? 0,
      sessionId: options.security?.sessionId ?? options.sessionId ?? 0n,
      flags: (request.flags ?? 0) | (isRelated ? HeaderFlags.RELATED_OPERATIONS : 0),
      channelSequence: 0,
      asyncId: 0n,
    };
  }

  #expectReply(
    request: OutboundRequest,
    message: OutboundMessage,
    creditCharge: number,
    how: {
      readonly security: MessageSecurity | undefined;
      readonly encrypt: boolean;
      readonly sign: boolean;
      readonly signal: AbortSignal | undefined;
    },
  ): Promise<RawReply> {
    const { signal } = how;
    const now = this.#clock.now();
    return new Promise<RawReply>((resolve, reject) => {
      const entry: OutstandingRequest = {
        messageId: message.messageId,
        command: request.codec.command,
        commandName: request.codec.name,
        creditCharge,
        security: how.security,
        sentEncrypted: how.encrypt,
        sentSigned: how.sign,
        mayWait: request.mayWait === true,
        sentAtMs: now,
        quietSinceMs: now,
        asyncId: undefined,
        resolve,
        reject,
      };
      this.#outstanding.add(entry);
      if (signal !== undefined) this.#cancelOnAbort(entry, request, message, signal);
    });
  }

  /** The caller is answered at once; the entry stays until the server answers, for its credits. */
  #cancelOnAbort(
    entry: OutstandingRequest,
    request: OutboundRequest,
    message: OutboundMessage,
    signal: AbortSignal,
  ): void {
    const { resolve, reject } = entry;
    const onAbort = (): void => {
      entry.resolve = (reply) => request.onLateReply?.(reply);
      entry.reject = () => {};
      this.#sendCancel(entry, message);
      reject(signal.reason);
    };
    const forget = this.#aborts.add(signal, onAbort);
    entry.resolve = (reply) => {
      forget();
      resolve(reply);
    };
    entry.reject = (error) => {
      forget();
      reject(error);
    };
  }

  /** [MS-SMB2] 3.2.4.24: CANCEL has the id of what it cancels, costs no credit and gets no answer. */
  #sendCancel(entry: OutstandingRequest, original: OutboundMessage): void {
    if (this.#failure !== undefined) return;
    const { security } = entry;
    const sign = security !== undefined && entry.sentSigned;
    const cancel: OutboundMessage = {
      ...original,
      codec: CancelRequest,
      message: {},
      payload: undefined,
      creditCharge: 0,
      creditRequest: 0,
      flags: entry.asyncId === undefined ? 0 : HeaderFlags.ASYNC_COMMAND,
      asyncId: entry.asyncId ?? 0n,
    };
    const frame = layOutFrame([cancel], security, sign);
    this.#sendFrame(frame, entry.sentEncrypted ? security : undefined).catch(() => {});
  }

  /** Half of what our credits pay for: a request must never wait for credits that only it brings. */
  #affordableSize(): number {
    if (!this.negotiated.supportsMultiCredit) return BYTES_PER_CREDIT;
    return Math.max(1, Math.floor(this.#window.total / 2)) * BYTES_PER_CREDIT;
  }

  #creditCharge(request: OutboundRequest): number {
    if (this.#negotiated?.supportsMultiCredit !== true) return 1;
    const size = Math.max(request.payload?.length ?? 0, request.expectedSize ?? 0);
    return Math.max(1, Math.ceil(size / BYTES_PER_CREDIT));
  }

  #receive(frame: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      const isEncrypted = protocolIdOf(frame) === ProtocolId.TRANSFORM;
      const plain = isEncrypted ? this.#open(frame) : frame;
      this.#trace?.({ direction: "received", parts: [plain], isEncrypted });
      const messages = splitFrame(plain);
      let references = messages.length;
      const release = (): void => {
        references -= 1;
        if (references === 0) this.#pool.release(frame);
      };
      for (const { header, message } of messages) {
        this.#dispatch({ header, message, release }, isEncrypted);
      }
    } catch (error) {
      this.abort(asError(error));
    }
  }

  #open(frame: Uint8Array): Uint8Array {
    const { sessionId } = decodeTransformHeader(frame);
    const security = this.#securities.get(sessionId);
    if (security === undefined)
      throw new ProtocolError("An encrypted frame names a session we do not have");
    return security.open(frame);
  }

  #dispatch(reply: RawReply, isEncrypted: boolean): void {
    const { header } = reply;
    if ((header.flags & HeaderFlags.SERVER_TO_REDIR) === 0) {
      throw new ProtocolError("The server sent a message that is not a response");
    }
    if (header.messageId === -1) {
      if (header.command === Command.OPLOCK_BREAK) this.onBreak?.(reply.message);
      return;
    }
    const request = this.#outstanding.get(header.messageId);
    if (request === undefined || request.command !== header.command) {
      throw new ProtocolError(
        `The server answered a request that was never sent (MessageId ${header.messageId}, command ${header.command})`,
      );
    }
    if (isInterim(header)) {
      request.asyncId = header.asyncId;
      request.quietSinceMs = this.#clock.now();
      this.#window.grant(header.credits);
      return;
    }
    checkProtection(request, reply, isEncrypted);
    this.#outstanding.remove(header.messageId);
    request.resolve(reply);
    this.#window.settle(request.creditCharge, header.credits);
    if (this.#window.total === 0) throw new ProtocolError("The server took away all credits");
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

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#watch.stop();
    this.#window.close(error);
    this.#outstanding.failAll(error);
    this.#settleClosed(error);
  }

  #watched(): ConstructorParameters<typeof SilenceWatch>[1] {
    return {
      bytesReceived: () => this.transport.bytesReceived,
      bytesSent: () => this.transport.bytesSent,
      quietSinceMs: () => this.#outstanding.quietest()?.quietSinceMs,
      probe: () => this.#probe(),
      peerIsSilent: (silentMs) => {
        const waiting = this.#outstanding.quietest()?.commandName ?? "a request";
        const seconds = Math.round(silentMs / 1000);
        this.#fail(
          new TimeoutError(
            `${this.transport.remoteAddress} has been silent for ${seconds} s (waiting for the answer to ${waiting})`,
            silentMs,
          ),
        );
        this.transport.close().catch(() => {});
      },
      requestIsStuck: (silentMs) => {
        const request = this.#outstanding.quietest();
        request?.reject(
          new TimeoutError(
            `${request.commandName} has not been answered for ${Math.round(silentMs / 1000)} s`,
            silentMs,
          ),
        );
        if (request !== undefined) Object.assign(request, { mayWait: true });
      },
    };
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
