interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Brings chunks that arrive in any order to a writer that needs them in order. A chunk that is early
 * waits; it holds its buffer meanwhile, so a read window bounds what can wait here.
 */
export class InOrder {
  readonly #put: (data: Uint8Array) => Promise<void>;
  readonly #waiting = new Map<number, Waiter>();
  #position: number;
  #watched: AbortSignal | undefined;

  constructor(start: number, put: (data: Uint8Array) => Promise<void>) {
    this.#position = start;
    this.#put = put;
  }

  /** Resolves when `data`, and all before it, were put. Rejects when `signal` aborts first. */
  async write(data: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    if (offset !== this.#position) await this.#turn(offset, signal);
    await this.#put(data);
    this.#position = offset + data.length;
    const next = this.#waiting.get(this.#position);
    this.#waiting.delete(this.#position);
    next?.resolve();
  }

  #turn(offset: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#watch(signal);
    return new Promise((resolve, reject) => {
      this.#waiting.set(offset, { resolve, reject });
    });
  }

  /** One listener for all who wait: a window of them would be too many for a signal. */
  #watch(signal: AbortSignal): void {
    if (this.#watched === signal) return;
    this.#watched = signal;
    signal.addEventListener("abort", () => this.#giveUp(signal.reason), { once: true });
  }

  #giveUp(reason: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
