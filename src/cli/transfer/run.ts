import {
  FULL_STATUSES,
  GONE_STATUSES,
  NtStatusError,
  TimeoutError,
  TransportClosedError,
  TransportError,
} from "../../core/index.ts";

/** What `runBounded` needs. */
export interface RunOptions<T> {
  readonly items: Iterable<T> | AsyncIterable<T>;
  /** How many may be under way at once. */
  readonly jobs: number;
  /** Bytes that may be under way at once; one item always may. */
  readonly budget: number;
  /** What an item takes of the budget. */
  readonly weigh: (item: T) => number;
  /** Moves one item. Its rejection ends the run only if `isFatal`. */
  readonly run: (item: T, signal: AbortSignal) => Promise<void>;
  /** Told of every failure that does not end the run. */
  readonly onFailure: (item: T, error: unknown) => void;
  /** What is thrown for an item whose fatal error ends the run; by default that error. */
  readonly explainFatal?: (item: T, error: unknown) => unknown;
  /**
   * Told of every item that was left when something ended the run: cancelled, or not begun. After a
   * fatal error the rest is listed to the end for that. Without it nothing more is listed.
   */
  readonly onLeft?: ((item: T) => void) | undefined;
  readonly signal: AbortSignal;
}

/** After these nothing else can work either: going on would only repeat the same complaint. */
const FATAL_STATUSES: readonly number[] = [...GONE_STATUSES, ...FULL_STATUSES];
const FATAL_CODES: readonly unknown[] = ["ENOSPC", "EDQUOT", "EROFS"];

/** Whether an error concerns everything and not one file: no connection, no space. */
export function isFatal(error: unknown): boolean {
  if (error instanceof NtStatusError) return FATAL_STATUSES.includes(error.status);
  if (error instanceof Error && "code" in error && FATAL_CODES.includes(error.code)) return true;
  return (
    error instanceof TransportClosedError ||
    error instanceof TransportError ||
    error instanceof TimeoutError
  );
}

/**
 * Runs items several at a time, in order of start, while they are still being listed. Failures of
 * single items are told and the rest goes on. A fatal error, an error of the listing or an abort
 * cancels what is under way and is thrown when nothing runs any more.
 */
export function runBounded<T>(options: RunOptions<T>): Promise<void> {
  return new BoundedRun(options).run();
}

class BoundedRun<T> {
  readonly #options: RunOptions<T>;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  #running = 0;
  #used = 0;
  #failure: { readonly error: unknown } | undefined;
  /** The failure is that of an item. */
  #isBlamed = false;
  #wake: (() => void) | undefined;

  constructor(options: RunOptions<T>) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#abort.signal]);
  }

  async run(): Promise<void> {
    try {
      for await (const item of this.#options.items) {
        const weight = Math.min(this.#options.weigh(item), this.#options.budget);
        while (!this.#hasRoom(weight)) await this.#change();
        this.#options.signal.throwIfAborted();
        if (this.#failure === undefined) this.#start(item, weight);
        else if (this.#options.onLeft === undefined) break;
        else this.#options.onLeft(item);
      }
    } catch (error) {
      this.#fail(error);
    }
    while (this.#running > 0) await this.#change();
    this.#options.signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #hasRoom(weight: number): boolean {
    if (this.#running === 0 || this.#failure !== undefined || this.#signal.aborted) return true;
    const { jobs, budget } = this.#options;
    return this.#running < jobs && this.#used + weight <= budget;
  }

  #start(item: T, weight: number): void {
    this.#running += 1;
    this.#used += weight;
    const over = (): void => {
      this.#running -= 1;
      this.#used -= weight;
      const wake = this.#wake;
      this.#wake = undefined;
      wake?.();
    };
    this.#options.run(item, this.#signal).then(over, (error: unknown) => {
      if (isFatal(error)) this.#failAt(item, error);
      else if (this.#signal.aborted) this.#leave(item, error);
      else this.#options.onFailure(item, error);
      over();
    });
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#abort.abort(error);
  }

  /** Cancelled on its way. */
  #leave(item: T, error: unknown): void {
    this.#fail(error);
    this.#options.onLeft?.(item);
  }

  #failAt(item: T, error: unknown): void {
    // Where a broken connection ended the listing first, the item that was under way says more.
    const before = this.#failure;
    const isOfListing = before?.error === error && !this.#isBlamed;
    const mayReplace = isOfListing && !(error instanceof NtStatusError);
    if (before !== undefined && !mayReplace) {
      this.#leave(item, error);
      return;
    }
    this.#fail(error);
    this.#isBlamed = true;
    this.#failure = { error: this.#options.explainFatal?.(item, error) ?? error };
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
