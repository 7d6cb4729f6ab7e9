import { type Clock, systemClock } from "./clock.ts";
import { type DialAttempt, DialError } from "./dial-error.ts";
import { DialFailure } from "./errors.ts";
import { staggeredRace } from "./staggered-race.ts";
import {
  type DialTarget,
  formatEndpoint,
  type Transport,
  type TransportFactory,
  type TransportKind,
} from "./transport.ts";

/** One wire to try, with its port where it is not the default. */
export interface TransportChoice {
  readonly kind: TransportKind;
  readonly port?: number;
}

/** How to dial. */
export interface DialerOptions {
  readonly factories: readonly TransportFactory[];
  /** The wires to try, in the order of preference. */
  readonly order: readonly TransportChoice[];
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Give up on one wire after so many milliseconds; each wire has its default. */
  readonly connectTimeoutMs?: number;
  /** A wire that is silent for so many milliseconds gets company; default 1000. */
  readonly slowMs?: number;
}

/** An open wire, and the story of how it was reached. */
export interface DialResult {
  readonly transport: Transport;
  readonly attempts: readonly DialAttempt[];
}

/**
 * Opens the first wire that connects. A later wire starts when the earlier one failed or is slow;
 * the losers are aborted, and one that connects late is closed ([MS-SMB2] 3.2.4.2.1 leaves order
 * and parallelism to the client).
 *
 * A port of the choice wins over the target's, which wins over the wire's default.
 *
 * @throws {DialError} where no wire connects, with every attempt and its reason
 * @throws the signal's reason, once it aborts
 */
export async function dial(target: DialTarget, options: DialerOptions): Promise<DialResult> {
  const clock = options.clock ?? systemClock;
  const log = new AttemptLog(clock);
  const transport = await staggeredRace({
    entries: options.order,
    run: (choice, signal) => attempt(target, choice, options, signal, log),
    discard: (late) => void late.close(),
    headStartMs: options.slowMs ?? 1000,
    clock,
    signal: options.signal ?? new AbortController().signal,
  });
  const attempts = log.finish(transport?.kind);
  if (transport === undefined) throw new DialError(target, attempts);
  return { transport, attempts };
}

async function attempt(
  target: DialTarget,
  choice: TransportChoice,
  options: DialerOptions,
  signal: AbortSignal,
  log: AttemptLog,
): Promise<Transport> {
  const factory = options.factories.find(({ kind }) => kind === choice.kind);
  const port = choice.port ?? target.port ?? factory?.defaultPort ?? 0;
  const there = { ...target, port };
  const entry = log.begin(choice.kind, formatEndpoint(target.address ?? target.host, port));
  const missing = factory === undefined ? "not part of this installation" : factory.unavailable();
  if (factory === undefined || missing !== undefined) {
    throw entry.end({ outcome: "unavailable", reason: missing ?? "" });
  }
  const unsuitable = factory.unsuitable?.(there);
  if (unsuitable !== undefined) throw entry.end({ outcome: "unsuitable", reason: unsuitable });
  try {
    const { connectTimeoutMs } = options;
    const transport = await factory.dial(there, {
      signal,
      ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    });
    entry.end({ outcome: "connected", address: transport.remoteAddress });
    return transport;
  } catch (error) {
    throw entry.end({ outcome: "failed", error, ...describeFailure(error) });
  }
}

function describeFailure(error: unknown): { reason: string; address?: string } {
  if (error instanceof DialFailure) return { reason: error.words, address: error.address };
  return { reason: error instanceof Error ? error.message : String(error) };
}

type Outcome = Pick<DialAttempt, "outcome"> &
  Partial<Pick<DialAttempt, "address" | "reason" | "error">>;

/** Keeps what happened to each wire until the race is over. */
class AttemptLog {
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #entries: { open: boolean; attempt: DialAttempt }[] = [];
  #isFinished = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedMs = clock.now();
  }

  begin(kind: TransportKind, address: string): { end(outcome: Outcome): unknown } {
    const startedMs = this.#now();
    const entry = {
      open: true,
      attempt: {
        kind,
        address,
        startedMs,
        endedMs: startedMs,
        outcome: "abandoned",
      } as DialAttempt,
    };
    this.#entries.push(entry);
    return {
      end: (outcome) => {
        // What happens to a loser after the race is no part of the story.
        if (!this.#isFinished) {
          entry.open = false;
          entry.attempt = { ...entry.attempt, ...outcome, endedMs: this.#now() };
          this.#isFinished = outcome.outcome === "connected";
        }
        return outcome.error ?? outcome.reason;
      },
    };
  }

  /** Closes the story: who is still under way was abandoned for `winner`. */
  finish(winner: TransportKind | undefined): readonly DialAttempt[] {
    this.#isFinished = true;
    const endedMs = this.#now();
    return this.#entries.map(({ open, attempt }) =>
      open ? { ...attempt, endedMs, reason: `${winner} was faster` } : attempt,
    );
  }

  #now(): number {
    return this.#clock.now() - this.#startedMs;
  }
}
