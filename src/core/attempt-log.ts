import type { Clock } from "./clock.ts";
import type { DialAttempt } from "./dial-error.ts";
import { DialFailure } from "./errors.ts";
import type { TransportKind } from "./transport.ts";

/** Keeps what happened to each wire until the race is over. */
export class AttemptLog {
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #records: AttemptRecord[] = [];
  #winner: TransportKind | undefined;
  #isFinished = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedMs = clock.now();
  }

  /** Milliseconds since dialling began. */
  get nowMs(): number {
    return this.#clock.now() - this.#startedMs;
  }

  /** What happens to a loser after the race is no part of the story. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  begin(kind: TransportKind, address: string): AttemptRecord {
    const record = new AttemptRecord(this, { kind, address, isFirst: this.#records.length === 0 });
    this.#records.push(record);
    return record;
  }

  /** One of them got through. */
  win(kind: TransportKind): void {
    this.#winner = kind;
    this.#isFinished = true;
  }

  /** Closes the story: who is still under way was abandoned for the winner, or with everything. */
  finish(): readonly DialAttempt[] {
    this.#isFinished = true;
    const { nowMs } = this;
    const reason = this.#winner === undefined ? "given up" : `${this.#winner} was faster`;
    for (const record of this.#records) record.close(nowMs, reason);
    return this.#records.map(({ attempt }) => attempt);
  }
}

/** The story of one wire. */
export class AttemptRecord {
  readonly isFirst: boolean;
  readonly #log: AttemptLog;
  #attempt: DialAttempt;
  #isOpen = true;

  constructor(
    log: AttemptLog,
    place: { readonly kind: TransportKind; readonly address: string; readonly isFirst: boolean },
  ) {
    const { nowMs } = log;
    this.isFirst = place.isFirst;
    this.#log = log;
    this.#attempt = {
      kind: place.kind,
      address: place.address,
      startedMs: nowMs,
      endedMs: nowMs,
      outcome: "abandoned",
    };
  }

  /** It cannot be used at all. Returns the reason. */
  rule(outcome: "unavailable" | "unsuitable" | "barred", reason: string): string {
    this.#end({ outcome, reason });
    return reason;
  }

  connect(address: string): void {
    if (this.#log.isFinished) return;
    this.#attempt = { ...this.#attempt, address, connectedMs: this.#log.nowMs };
  }

  succeed(): void {
    const { isFinished } = this.#log;
    this.#end({ outcome: "connected" });
    if (!isFinished) this.#log.win(this.#attempt.kind);
  }

  fail(error: unknown): void {
    this.#end({ outcome: "failed", error, ...this.#describe(error) });
  }

  /** Ends it where it has not ended by itself. */
  close(endedMs: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#attempt = { ...this.#attempt, endedMs, reason };
  }

  get attempt(): DialAttempt {
    return this.#attempt;
  }

  #end(end: Pick<DialAttempt, "outcome"> & Partial<DialAttempt>): void {
    if (this.#log.isFinished) return;
    this.#isOpen = false;
    this.#attempt = { ...this.#attempt, ...end, endedMs: this.#log.nowMs };
  }

  #describe(error: unknown): { readonly reason: string; readonly address?: string } {
    if (error instanceof DialFailure) return { reason: error.words, address: error.address };
    const text = error instanceof Error ? error.message : String(error);
    // The address stands in front of the reason already.
    const { address } = this.#attempt;
    const prefixes = [`The connection to ${address} broke: `, `${address} `];
    const prefix = prefixes.find((each) => text.startsWith(each)) ?? "";
    return { reason: text.slice(prefix.length) };
  }
}
