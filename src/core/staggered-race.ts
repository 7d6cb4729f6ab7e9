import type { Clock } from "./clock.ts";

/** A race whose entries start one after the other. */
export interface StaggeredRace<Entry, Result> {
  /** In the order of preference. */
  readonly entries: readonly Entry[];
  /** Runs one entry. A rejection starts the next entry at once; `signal` tells that it has lost. */
  readonly run: (entry: Entry, signal: AbortSignal) => Promise<Result>;
  /** Takes back a result that came too late to be used. */
  readonly discard: (late: Result) => void;
  /** Whether a rejection decides the race: no other entry would do better. By default none does. */
  readonly isDecisive?: ((error: unknown) => boolean) | undefined;
  /** How long an entry may be silent before the next one starts beside it, in milliseconds. */
  readonly headStartMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Resolves with the first result, or with undefined where every entry failed; the losers are
 * aborted. This is the "happy eyeballs" of RFC 8305 section 5, for addresses as for whole wires.
 *
 * @throws the signal's reason, once it aborts; a rejection that `isDecisive`
 */
export function staggeredRace<Entry, Result>(
  race: StaggeredRace<Entry, Result>,
): Promise<Result | undefined> {
  return new Promise((resolve, reject) => new Course(race, resolve, reject).begin());
}

/** One race under way. */
class Course<Entry, Result> {
  readonly #race: StaggeredRace<Entry, Result>;
  readonly #resolve: (result: Result | undefined) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #running = new Set<AbortController>();
  #isSettled = false;
  #next = 0;
  #cancelHeadStart = (): void => undefined;

  constructor(
    race: StaggeredRace<Entry, Result>,
    resolve: (result: Result | undefined) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#race = race;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    const { signal } = this.#race;
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
    else this.#startNext();
  }

  readonly #onAbort = (): void => {
    this.#settle();
    this.#reject(this.#race.signal.reason);
  };

  readonly #startNext = (): void => {
    const { entries, headStartMs, clock } = this.#race;
    this.#cancelHeadStart();
    if (this.#next < entries.length) {
      const entry = entries[this.#next] as Entry;
      this.#next += 1;
      if (this.#next < entries.length) {
        this.#cancelHeadStart = clock.after(headStartMs, this.#startNext);
      }
      void this.#run(entry);
    } else if (this.#running.size === 0) {
      this.#settle();
      this.#resolve(undefined);
    }
  };

  async #run(entry: Entry): Promise<void> {
    const controller = new AbortController();
    this.#running.add(controller);
    try {
      const result = await this.#race.run(entry, controller.signal);
      this.#running.delete(controller);
      if (this.#isSettled) {
        this.#race.discard(result);
      } else {
        this.#settle();
        this.#resolve(result);
      }
    } catch (error) {
      // Whoever runs an entry keeps the story of its failure; here it only makes room.
      this.#running.delete(controller);
      if (this.#isSettled) return;
      if (this.#race.isDecisive?.(error) === true) {
        this.#settle();
        this.#reject(error);
      } else {
        this.#startNext();
      }
    }
  }

  /** Ends the race for everyone who is still running. */
  #settle(): void {
    const { signal } = this.#race;
    this.#isSettled = true;
    this.#cancelHeadStart();
    signal.removeEventListener("abort", this.#onAbort);
    for (const loser of this.#running) loser.abort(signal.reason);
  }
}
