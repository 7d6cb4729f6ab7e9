import type { Clock } from "./clock.ts";

/** A race whose entries start one after the other. */
export interface StaggeredRace<Entry, Result> {
  /** In the order of preference. */
  readonly entries: readonly Entry[];
  /** Runs one entry. A rejection starts the next entry at once; `signal` tells that it has lost. */
  readonly run: (entry: Entry, signal: AbortSignal) => Promise<Result>;
  /** Takes back a result that came too late to be used. */
  readonly discard: (late: Result) => void;
  /** How long an entry may be silent before the next one starts beside it, in milliseconds. */
  readonly headStartMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Resolves with the first result, or with undefined where every entry failed; the losers are
 * aborted. This is the "happy eyeballs" of RFC 8305 section 5, for addresses as for whole wires.
 *
 * @throws the signal's reason, once it aborts
 */
export function staggeredRace<Entry, Result>(
  race: StaggeredRace<Entry, Result>,
): Promise<Result | undefined> {
  const { entries, signal, clock } = race;
  return new Promise((resolve, reject) => {
    const running = new Set<AbortController>();
    let isSettled = false;
    let next = 0;
    let cancelHeadStart = (): void => {};

    const settle = (outcome: () => void): void => {
      isSettled = true;
      cancelHeadStart();
      signal.removeEventListener("abort", onAbort);
      for (const loser of running) loser.abort(signal.reason);
      outcome();
    };
    const onAbort = (): void => settle(() => reject(signal.reason));

    const startNext = (): void => {
      cancelHeadStart();
      if (next < entries.length) {
        const entry = entries[next] as Entry;
        next += 1;
        if (next < entries.length) cancelHeadStart = clock.after(race.headStartMs, startNext);
        void runOne(entry);
      } else if (running.size === 0) {
        settle(() => resolve(undefined));
      }
    };

    const runOne = async (entry: Entry): Promise<void> => {
      const controller = new AbortController();
      running.add(controller);
      try {
        const result = await race.run(entry, controller.signal);
        running.delete(controller);
        if (isSettled) race.discard(result);
        else settle(() => resolve(result));
      } catch {
        // Whoever runs an entry keeps the story of its failure; here it only makes room.
        running.delete(controller);
        if (!isSettled) startNext();
      }
    };

    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    signal.addEventListener("abort", onAbort, { once: true });
    startNext();
  });
}
