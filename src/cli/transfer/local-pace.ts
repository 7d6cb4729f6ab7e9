/** What a call may take without holding up the network, in milliseconds. */
const QUICK_MS = 3;
/** How much longer calls may take in sum before they leave the thread: anything may be interrupted once. */
const PATIENCE_MS = 12;
/** No more than this must be made good by quick calls before one is made on the thread again. */
const LONGEST_MEMORY_MS = 60;

/**
 * Decides for one regular file whether it is read or written on this thread or in the thread pool.
 * What is in the page cache is moved faster here: the pool's threads take the processor from the
 * network, and several writes to one file only wait for each other. What waits for a disk belongs in
 * the pool, one call at a time.
 */
export class LocalPace {
  readonly #now: () => number;
  /** What calls took beyond `QUICK_MS`, less what later ones stayed below it. */
  #debtMs = 0;
  #isSlow = false;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** `now` gives milliseconds that only go forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Does the same work with `atOnce` or, behind all earlier calls, with `later`. */
  async run<T>(atOnce: () => T, later: () => Promise<T>): Promise<T> {
    if (!this.#isSlow && this.#waiting === 0) return this.#here(atOnce);
    this.#waiting += 1;
    // Whether it is still slow shows when its turn comes: a queue may never be empty before the end.
    const turn = (): T | Promise<T> => (this.#isSlow ? this.#inPool(later) : this.#here(atOnce));
    const result = this.#last.then(turn);
    this.#last = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      this.#waiting -= 1;
    }
  }

  #here<T>(atOnce: () => T): T {
    const startedAt = this.#now();
    const result = atOnce();
    this.#judge(this.#now() - startedAt);
    return result;
  }

  async #inPool<T>(later: () => Promise<T>): Promise<T> {
    const startedAt = this.#now();
    const result = await later();
    this.#judge(this.#now() - startedAt);
    return result;
  }

  #judge(ms: number): void {
    const debtMs = this.#debtMs + ms - QUICK_MS;
    this.#debtMs = Math.min(Math.max(0, debtMs), LONGEST_MEMORY_MS);
    this.#isSlow = this.#debtMs > (this.#isSlow ? 0 : PATIENCE_MS);
  }
}
