/** A call that takes longer than this, in milliseconds, would hold up the network. */
const QUICK_MS = 3;
/** After a slow call so many in the thread pool must have been quick before one is tried without it. */
const FIRST_PROBATION = 8;
/** The probation doubles with each slow call, up to this. */
const LONGEST_PROBATION = 256;

/**
 * Decides for one regular file whether it is read or written on this thread or in the thread pool.
 * What is in the page cache is moved faster here: the pool's threads take the processor from the
 * network, and several writes to one file only wait for each other. What waits for a disk belongs in
 * the pool, one call at a time.
 */
export class LocalPace {
  readonly #now: () => number;
  #nextProbation = FIRST_PROBATION;
  #probation = 0;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** `now` gives milliseconds that only go forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Does the same work with `atOnce` or, behind all earlier calls, with `later`. */
  async run<T>(atOnce: () => T, later: () => Promise<T>): Promise<T> {
    if (this.#probation === 0 && this.#waiting === 0) return this.#here(atOnce);
    this.#waiting += 1;
    const result = this.#last.then(() => this.#inPool(later));
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
    if (ms < QUICK_MS) {
      this.#probation = Math.max(0, this.#probation - 1);
      return;
    }
    this.#probation = this.#nextProbation;
    this.#nextProbation = Math.min(2 * this.#nextProbation, LONGEST_PROBATION);
  }
}
