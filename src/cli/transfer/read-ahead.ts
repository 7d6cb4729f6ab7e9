import { setImmediate as turn } from "node:timers/promises";
import type { Items } from "./progress.ts";

/** How a source is read ahead of those who use it. */
export interface ReadAheadOptions<T> {
  /** So many items wait at most. */
  readonly limit: number;
  /** Called for each item as it is read. */
  readonly onItem: (item: T) => void;
  /** Called when there are no more. */
  readonly onEnd: () => void;
}

/** So many items are read before other things get their turn: a source may never wait for anything. */
const BURST = 64;

/** The items of `source` in their order, and then its failure if it has one, read as fast as it gives them. */
export async function* readAhead<T>(
  source: Items<T>,
  options: ReadAheadOptions<T>,
): AsyncGenerator<T> {
  const ahead = new Ahead(source, options);
  try {
    yield* ahead.items();
  } finally {
    await ahead.leave();
  }
}

class Ahead<T> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  readonly #options: ReadAheadOptions<T>;
  readonly #reading: Promise<void>;
  #waiting: T[] = [];
  #failure: { readonly error: unknown } | undefined;
  #hasEnded = false;
  #isLeft = false;
  #wake: (() => void)[] = [];

  constructor(source: Items<T>, options: ReadAheadOptions<T>) {
    this.#iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#options = options;
    this.#reading = this.#read();
  }

  async *items(): AsyncGenerator<T> {
    for (;;) {
      const ready = this.#waiting;
      this.#waiting = [];
      this.#changed();
      yield* ready;
      if (this.#waiting.length > 0) continue;
      if (this.#hasEnded) break;
      await this.#change();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Nobody takes any more: the source is closed. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    this.#changed();
    await this.#iterator.return?.();
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { limit, onItem, onEnd } = this.#options;
    try {
      for (let count = 1; ; count += 1) {
        while (this.#waiting.length >= limit && !this.#isLeft) await this.#change();
        if (this.#isLeft) return;
        const next = await this.#iterator.next();
        if (next.done === true) break;
        onItem(next.value);
        this.#waiting.push(next.value);
        this.#changed();
        if (count % BURST === 0) await turn();
      }
      onEnd();
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#hasEnded = true;
      this.#changed();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #changed(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }
}
