import type { RdmaError } from "rdma-verbs-napi";
import type { SendBuffer, SmbdPort } from "./smbd-port.ts";
import {
  COMPLETION_WORDS,
  CompletionField,
  CompletionFlag,
  Opcode,
  type VerbsConnection,
  type VerbsHandler,
  WorkFlag,
} from "./verbs.ts";

/** A completion is asked for at least once in so many sends. */
const SIGNAL_EVERY = 16;

/** Who gets what a queue pair brings. */
export interface PortListener {
  /** Whether a message is to be delivered now; without it, every one is. Others stay in their slots. */
  wants?(bytes: Uint8Array): boolean;
  /** One message; `bytes` is the device's again when this returns. */
  message(bytes: Uint8Array): void;
  /** The peer has invalidated a key of ours with the message that comes next. */
  invalidated(key: number): void;
  /** An invalidation of our own is done; they end in the order in which they were posted. */
  invalidationDone(): void;
  /** After the last message of a batch, and whenever send buffers are free again. */
  settled(): void;
  /** The queue pair is gone. Called once, last. */
  closed(error: Error | undefined): void;
}

/** A message in its slot, and the key that the peer invalidated with it; -1 where it did not. */
interface Arrival {
  readonly slot: number;
  readonly length: number;
  readonly key: number;
}

/**
 * A queue pair as messages: its slots, what is posted, and what has completed. Messages are kept in
 * their slots until somebody listens, so a peer whose messages nobody takes runs out of credits.
 */
export class QueuePairPort implements SmbdPort, VerbsHandler {
  bytesReceived = 0;
  bytesSent = 0;
  readonly connection: VerbsConnection;
  readonly #views: readonly SendBuffer[];
  #listener: PortListener | undefined;
  readonly #arrived: Arrival[] = [];
  /** Sends are numbered; a number's slot is its remainder. */
  #nextSend = 0;
  #completedSends = 0;
  /** The last send, kept back: whether it needs a completion shows when the next one comes. */
  #held: number | undefined;
  #unsignaled = 0;
  #closed: { readonly error: Error | undefined } | undefined;
  /** Why the device took no more work. */
  #refusal: Error | undefined;
  #onIdle: (() => void) | undefined;

  constructor(connection: VerbsConnection) {
    const { sendBuffers } = connection;
    this.connection = connection;
    this.#views = Array.from({ length: sendBuffers.count }, (_, index) => {
      const bytes = sendBuffers.slot(index);
      return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
    });
    connection.start(this);
  }

  /** Begins delivery, soon; only one listens at a time. `undefined` keeps what comes. */
  listen(listener: PortListener | undefined): void {
    this.#listener = listener;
    if (listener !== undefined) queueMicrotask(() => this.#deliver());
  }

  takeSendBuffer(): SendBuffer | undefined {
    if (this.#closed !== undefined || this.#inFlight === this.#views.length) return undefined;
    return this.#views[this.#nextSend % this.#views.length];
  }

  post(length: number): void {
    this.#postHeld(WorkFlag.UNSIGNALED);
    this.#held = length;
    this.#nextSend += 1;
    this.bytesSent += length;
  }

  flush(): void {
    this.#postHeld(0);
    if (this.#closed !== undefined) return;
    try {
      this.connection.submit();
    } catch (error) {
      // Where it broke a moment ago `closed` tells why; what it will not take is our own mistake.
      if ((error as Partial<RdmaError>).kind !== "closed") this.#refusal ??= error as Error;
      void this.connection.close();
    }
  }

  /** Resolves when every message sent so far has left, or nothing can any more. */
  idle(): Promise<void> {
    if (this.#inFlight === 0 || this.#closed !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  completions(count: number, records: Uint32Array): void {
    let hasSends = false;
    for (let index = 0; index < count; index += 1) {
      const at = index * COMPLETION_WORDS;
      const field = (name: number): number => records[at + name] ?? 0;
      // What failed is told by `closed`, with its reason.
      if (field(CompletionField.STATUS) !== 0) continue;
      const id = field(CompletionField.ID);
      const opcode = field(CompletionField.OPCODE);
      if (opcode === Opcode.SEND) {
        this.#completed(id);
        hasSends = true;
      } else if (opcode === Opcode.INVALIDATE) {
        this.#listener?.invalidationDone();
      } else if (opcode === Opcode.RECEIVE) {
        const wasInvalidated = (field(CompletionField.FLAGS) & CompletionFlag.INVALIDATED) !== 0;
        const key = wasInvalidated ? field(CompletionField.INVALIDATED_KEY) : -1;
        this.#arrived.push({ slot: id, length: field(CompletionField.BYTE_LENGTH), key });
      }
    }
    this.#deliver(hasSends);
  }

  closed(error: Error | undefined): void {
    this.#closed = { error: error ?? this.#refusal };
    this.#onIdle?.();
    this.#deliver();
  }

  get #inFlight(): number {
    return this.#nextSend - this.#completedSends;
  }

  #postHeld(flags: number): void {
    if (this.#held === undefined) return;
    const number = this.#nextSend - 1;
    this.#unsignaled += 1;
    const isSignaled = flags === 0 || this.#unsignaled === SIGNAL_EVERY;
    if (isSignaled) this.#unsignaled = 0;
    const slot = number % this.#views.length;
    const how = isSignaled ? 0 : WorkFlag.UNSIGNALED;
    this.connection.postSend(number >>> 0, slot, this.#held, how);
    this.#held = undefined;
  }

  /** A send is over, and with it all before it: a queue pair works in order. */
  #completed(id: number): void {
    const passed = ((id - this.#completedSends) >>> 0) + 1;
    this.#completedSends += passed;
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  #deliver(isSettled = true): void {
    const before = this.#arrived.length;
    const batch = this.#arrived.splice(0);
    // Who listens may change with any message: the rest of the batch is for the next one.
    for (const arrival of batch) if (!this.#offer(arrival)) this.#arrived.push(arrival);
    if (this.#arrived.length < before || isSettled) this.#listener?.settled();
    this.#end();
  }

  #offer(arrival: Arrival): boolean {
    const listener = this.#listener;
    if (listener === undefined) return false;
    const { slot, length, key } = arrival;
    const bytes = this.connection.receiveBuffers.slot(slot).subarray(0, length);
    if (listener.wants?.(bytes) === false) return false;
    this.bytesReceived += length;
    if (key !== -1) listener.invalidated(key);
    listener.message(bytes);
    if (this.#closed === undefined) this.connection.postReceive(slot);
    return true;
  }

  /** Last of all: after every message that came before. */
  #end(): void {
    const listener = this.#listener;
    if (this.#closed === undefined || listener === undefined || this.#arrived.length > 0) return;
    this.#listener = undefined;
    listener.closed(this.#closed.error);
  }
}
