import type { Clock } from "../../core/clock.ts";
import { TransportClosedError } from "../../core/errors.ts";
import type { MessageParts } from "../../core/transport.ts";
import { SmbdCredits } from "./smbd-credits.ts";
import { SmbdFragments } from "./smbd-fragments.ts";
import {
  DATA_OFFSET,
  DataTransferFlags,
  readDataTransferHeader,
  writeDataTransferHeader,
} from "./smbd-messages.ts";
import type { SmbdParameters } from "./smbd-negotiation.ts";
import type { SendBuffer, SmbdPort } from "./smbd-port.ts";
import { type ReassemblySink, SmbdReassembly } from "./smbd-reassembly.ts";
import type { SmbdSettings } from "./smbd-settings.ts";
import { SmbdTimers } from "./smbd-timers.ts";

/** What a {@link SmbdConnection} is made of. */
export interface SmbdConnectionOptions {
  readonly parameters: SmbdParameters;
  readonly settings: SmbdSettings;
  /** Credits that the Negotiate Response granted to the peer; 0 on the connecting side. */
  readonly initialGrant: number;
  readonly port: SmbdPort;
  readonly clock: Clock;
  readonly sink: ReassemblySink;
  /** The connection must end. Called once. */
  readonly onFault: (error: Error) => void;
}

interface QueuedMessage {
  readonly fragments: SmbdFragments;
  readonly sent: () => void;
  readonly failed: (error: Error) => void;
}

/**
 * An established SMB Direct connection ([MS-SMBD] 3.1): it cuts messages into what one SEND carries
 * and puts them together again, within the credits that each side grants the other. It does no I/O.
 */
export class SmbdConnection {
  readonly #options: SmbdConnectionOptions;
  readonly #credits: SmbdCredits;
  readonly #reassembly: SmbdReassembly;
  readonly #timers: SmbdTimers;
  /** Connection.SendQueue. */
  readonly #queue: QueuedMessage[] = [];
  /** Connection.SendImmediate: something has to be said although nothing is to be sent. */
  #sendImmediate = false;
  /** Connection.KeepaliveRequested is "PENDING". */
  #asksForAnswer = false;
  #gotData = false;
  #isOver = false;
  #onDrained: (() => void) | undefined;

  constructor(options: SmbdConnectionOptions) {
    const { parameters, settings, clock, initialGrant } = options;
    this.#options = options;
    this.#credits = new SmbdCredits({
      send: parameters.sendCredits,
      receive: initialGrant,
      receiveTarget: parameters.receiveCreditTarget,
      receiveMax: settings.receiveCreditMax,
    });
    this.#reassembly = new SmbdReassembly(parameters.maxFragmentedReceiveSize, options.sink);
    this.#timers = new SmbdTimers(settings, clock, {
      askForAnswer: () => {
        this.#asksForAnswer = true;
        this.#sendImmediate = true;
        this.pump();
      },
      expired: (error) => this.#fail(error),
    });
  }

  /** Nothing of an unfinished message has arrived. */
  get isAtBoundary(): boolean {
    return this.#reassembly.isAtBoundary;
  }

  /** Sends one message, of at most MaxFragmentedSendSize bytes; resolves when its bytes were copied. */
  send(message: MessageParts): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({
        fragments: new SmbdFragments(message),
        sent: resolve,
        failed: reject,
      });
      this.pump();
    });
  }

  /**
   * Takes one message; `bytes` may be used again when it returns. After the last one of a batch call
   * {@link settle}.
   */
  receive(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#timers.heard();
    try {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const header = readDataTransferHeader(view, bytes.length);
      this.#reassembly.take(header, bytes);
      this.#credits.received(header.creditsRequested, header.creditsGranted);
      if ((header.flags & DataTransferFlags.RESPONSE_REQUESTED) !== 0) this.#sendImmediate = true;
      if (header.dataLength > 0) this.#gotData = true;
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  /** Sends what a batch of messages calls for: answers, and credits that the peer is short of. */
  settle(): void {
    if (this.#isOver) return;
    if (this.#credits.isPeerShort(this.#gotData)) this.#sendImmediate = true;
    this.#gotData = false;
    this.pump();
  }

  /** Sends as much as credits and buffers allow ([MS-SMBD] 3.1.5.1). To be called when either came. */
  pump(): void {
    const isBlocked = this.#sendAll();
    this.#options.port.flush();
    this.#timers.needsCredits(isBlocked);
    if (this.#queue.length === 0) this.#onDrained?.();
  }

  /** Resolves when everything was handed to the port, or nothing more can be. */
  drained(): Promise<void> {
    if (this.#queue.length === 0 || this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDrained = resolve;
    });
  }

  /** Ends everything: what is queued fails with `error`. Idempotent. */
  end(error: Error): void {
    this.#isOver = true;
    this.#timers.stop();
    for (const { failed } of this.#queue.splice(0)) failed(error);
    this.#onDrained?.();
  }

  /** Whether something stays for want of credits. */
  #sendAll(): boolean {
    while (!this.#isOver && (this.#queue.length > 0 || this.#sendImmediate)) {
      if (!this.#credits.prepareGrant(this.#queue.length > 0)) return this.#queue.length > 0;
      const buffer = this.#options.port.takeSendBuffer();
      // The device is busy, not the peer: we go on when it is done with a buffer.
      if (buffer === undefined) return false;
      this.#sendOne(buffer);
    }
    return false;
  }

  /** One Data Transfer message: the next fragment of what is queued, or none. */
  #sendOne(buffer: SendBuffer): void {
    const { port, settings, parameters } = this.#options;
    const [first] = this.#queue;
    const dataLength = first?.fragments.copyTo(buffer.bytes, parameters.maxSendSize) ?? 0;
    const remainingDataLength = first?.fragments.remaining ?? 0;
    const length = writeDataTransferHeader(buffer.view, {
      creditsRequested: settings.sendCreditTarget,
      creditsGranted: this.#credits.takeGrant(),
      flags: this.#asksForAnswer ? DataTransferFlags.RESPONSE_REQUESTED : 0,
      remainingDataLength,
      dataOffset: dataLength === 0 ? 0 : DATA_OFFSET,
      dataLength,
    });
    this.#asksForAnswer = false;
    this.#sendImmediate = false;
    port.post(length + dataLength);
    if (first === undefined || remainingDataLength > 0) return;
    this.#queue.shift();
    first.sent();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.end(new TransportClosedError(error.message, { cause: error }));
    this.#options.onFault(error);
  }
}
