/**
 * Brings chunks that arrive in any order to a writer that needs them in order. A chunk that is early
 * waits; it holds its buffer meanwhile, so a read window bounds what can wait here.
 */
export class InOrder {
  readonly #put: (data: Uint8Array) => Promise<void>;
  readonly #waiting = new Map<number, () => void>();
  #position: number;

  constructor(start: number, put: (data: Uint8Array) => Promise<void>) {
    this.#position = start;
    this.#put = put;
  }

  /** Everything before this offset was put. */
  get position(): number {
    return this.#position;
  }

  /** Resolves when `data`, and all before it, were put. Rejects when `signal` aborts first. */
  async write(data: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    if (offset !== this.#position) await this.#turn(offset, signal);
    await this.#put(data);
    this.#position = offset + data.length;
    const next = this.#waiting.get(this.#position);
    this.#waiting.delete(this.#position);
    next?.();
  }

  #turn(offset: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(offset);
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.set(offset, () => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
    });
  }
}
