import { AttemptLog, type AttemptRecord } from "./attempt-log.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type DialAttempt, DialError } from "./dial-error.ts";
import { DialFailure, TransportError } from "./errors.ts";
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

/** How to dial, and what is to be reached: a `Link` that is made of a connected wire. */
export interface DialerOptions<Link> {
  readonly factories: readonly TransportFactory[];
  /** The wires to try, in the order of preference. */
  readonly order: readonly TransportChoice[];
  /**
   * Has the peer prove that it is a living server, over a wire that has just connected. It owns the
   * wire from then on: where it rejects, or `lost` aborts, it closes it.
   */
  readonly establish: (transport: Transport, lost: AbortSignal) => Promise<Link>;
  /** Whether what `establish` rejected with is the server's own answer: it ends the race. */
  readonly isAnswer: (error: unknown) => boolean;
  /** Takes back a link that came too late. */
  readonly discard: (late: Link) => void;
  /** Is told the story once the race is over, however it ended. */
  readonly onSettled?: ((attempts: readonly DialAttempt[]) => void) | undefined;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Give up on one wire after so many milliseconds; each wire has its default. */
  readonly connectTimeoutMs?: number;
  /** A wire that is silent for so many milliseconds gets company; default 1000. */
  readonly slowMs?: number;
}

/** What was reached, and the story of how. */
export interface DialResult<Link> {
  readonly link: Link;
  readonly attempts: readonly DialAttempt[];
}

/**
 * Reaches the server over the first wire that gets through. A later wire starts when the earlier one
 * failed or is slow, be it to connect or to establish what is wanted; the losers are aborted, and one
 * that comes late is discarded ([MS-SMB2] 3.2.4.2.1 leaves order and parallelism to the client).
 *
 * A server whose certificate is refused ends it for the wires that come later in the order: who prefers
 * a wire that proves who the server is must not end up with one that does not.
 *
 * A port of the choice wins over the target's, which wins over the wire's default.
 *
 * @throws {DialError} where no wire gets through, with every attempt and its reason
 * @throws what `establish` rejected with, where that is the server's answer
 * @throws the signal's reason, once it aborts
 */
export async function dial<Link>(
  target: DialTarget,
  options: DialerOptions<Link>,
): Promise<DialResult<Link>> {
  const clock = options.clock ?? systemClock;
  const log = new AttemptLog(clock);
  const ranks = options.order.map((choice) => ({ choice, bar: new AbortController() }));
  try {
    const link = await staggeredRace({
      entries: ranks,
      run: async ({ choice, bar }, lost) => {
        const signals = { lost: AbortSignal.any([lost, bar.signal]), bar: bar.signal };
        try {
          return await attempt(target, choice, options, signals, log);
        } catch (error) {
          if (isImpostor(error)) barAfter(choice, ranks);
          throw error;
        }
      },
      discard: options.discard,
      isDecisive: options.isAnswer,
      headStartMs: options.slowMs ?? 1000,
      clock,
      signal: options.signal ?? new AbortController().signal,
    });
    const attempts = log.finish();
    if (link === undefined) throw new DialError(target, attempts);
    return { link, attempts };
  } finally {
    options.onSettled?.(log.finish());
  }
}

/** One place in the order; aborting its `bar` takes it out of the race. */
interface Rank {
  readonly choice: TransportChoice;
  readonly bar: AbortController;
}

/** Somebody answered who could not show that he is the server. */
function isImpostor(error: unknown): boolean {
  return error instanceof DialFailure && error.reason === "certificate";
}

/**
 * Whoever prefers a transport that proves who the server is must not be led to one that does not by
 * an impostor: what comes later in the order is out. What comes before it was preferred anyway.
 */
function barAfter(refused: TransportChoice, ranks: readonly Rank[]): void {
  const later = ranks.slice(ranks.findIndex(({ choice }) => choice === refused) + 1);
  const reason = `not used, because over ${refused.kind} the server did not prove its identity`;
  for (const { choice, bar } of later) if (choice.kind !== refused.kind) bar.abort(reason);
}

async function attempt<Link>(
  target: DialTarget,
  choice: TransportChoice,
  options: DialerOptions<Link>,
  { lost, bar }: { readonly lost: AbortSignal; readonly bar: AbortSignal },
  log: AttemptLog,
): Promise<Link> {
  const factory = options.factories.find(({ kind }) => kind === choice.kind);
  const port = choice.port ?? target.port ?? factory?.defaultPort ?? 0;
  const there = { ...target, port };
  const record = log.begin(choice.kind, formatEndpoint(target.address ?? target.host, port));
  if (bar.aborted) throw record.rule("barred", String(bar.reason));
  const missing = factory === undefined ? "not part of this installation" : factory.unavailable();
  if (factory === undefined || missing !== undefined) {
    throw record.rule("unavailable", missing ?? "");
  }
  const unsuitable = factory.unsuitable?.(there);
  if (unsuitable !== undefined) throw record.rule("unsuitable", unsuitable);
  try {
    const link = await connect(factory, there, options, { lost, record });
    record.succeed();
    return link;
  } catch (error) {
    if (bar.aborted) record.rule("barred", String(bar.reason));
    else record.fail(error);
    throw error;
  }
}

async function connect<Link>(
  factory: TransportFactory,
  there: DialTarget,
  options: DialerOptions<Link>,
  { lost, record }: { readonly lost: AbortSignal; readonly record: AttemptRecord },
): Promise<Link> {
  const fallbackMs = record.isFirst ? undefined : factory.fallbackTimeoutMs;
  const connectTimeoutMs = options.connectTimeoutMs ?? fallbackMs;
  const limit = connectTimeoutMs === undefined ? {} : { connectTimeoutMs };
  const dialling = factory.dial(there, { signal: lost, ...limit });
  const transport = await dialling.catch((error: unknown) => {
    throw lost.aborted ? error : dialFailure(there, error);
  });
  record.connect(transport.remoteAddress);
  return options.establish(transport, lost);
}

/** Before there is a connection no server has said anything: what went wrong is the wire's own affair. */
function dialFailure({ host, address, port = 0 }: DialTarget, error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const words = error instanceof Error ? error.message : String(error);
  const where = formatEndpoint(address ?? host, port);
  return new DialFailure(where, words, { reason: "other", cause: error });
}
