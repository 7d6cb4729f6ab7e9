import type { TransportSink } from "../../src/core/transport.ts";

interface Waiter {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** A sink that keeps what it gets and lets a test wait for it. */
export class Recorder implements TransportSink {
  /** What `closed` was called with, each time. */
  readonly closures: (Error | undefined)[] = [];
  /** What `closed` was called with first. */
  readonly whenClosed: Promise<Error | undefined>;
  /** The lengths that `allocate` was asked for. */
  readonly allocations: number[] = [];
  messageCount = 0;
  messagesAfterClose = 0;
  #onClosed: (error: Error | undefined) => void = () => undefined;
  readonly #arrived: Uint8Array[] = [];
  readonly #waiting: Waiter[] = [];

  constructor() {
    this.whenClosed = new Promise((resolve) => {
      this.#onClosed = resolve;
    });
  }

  /** The next message, in the order of arrival; rejects when the wire closes instead. */
  next(): Promise<Uint8Array> {
    const bytes = this.#arrived.shift();
    if (bytes !== undefined) return Promise.resolve(bytes);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Gives more than is asked for, as the contract allows. */
  allocate(length: number): Uint8Array {
    this.allocations.push(length);
    return new Uint8Array(length + 3);
  }

  message(bytes: Uint8Array): void {
    this.messageCount += 1;
    if (this.closures.length > 0) this.messagesAfterClose += 1;
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#arrived.push(bytes);
    else waiter.resolve(bytes);
  }

  closed(error: Error | undefined): void {
    this.closures.push(error);
    this.#onClosed(error);
    for (const { reject } of this.#waiting.splice(0)) {
      reject(error ?? new Error("The wire closed while a test waited for a message"));
    }
  }
}
