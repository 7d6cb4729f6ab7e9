import type { Clock } from "../../core/clock.ts";
import { TimeoutError } from "../../core/errors.ts";
import type { SmbdSettings } from "./smbd-settings.ts";

/** What the timers of a connection cause. */
export interface SmbdTimerEvents {
  /** The peer was silent for long: it is to be asked for an answer. */
  askForAnswer(): void;
  /** The peer must be taken for dead. */
  expired(error: Error): void;
}

/**
 * The Idle Connection Timer and the Send Credit Grant Timer ([MS-SMBD] 3.1.2). Neither is set anew
 * for each message: when one fires it looks how long the peer has really been silent.
 */
export class SmbdTimers {
  readonly #settings: SmbdSettings;
  readonly #clock: Clock;
  readonly #events: SmbdTimerEvents;
  #heardMs: number;
  #askedMs: number | undefined;
  #starvedMs: number | undefined;
  #cancelIdle: () => void = () => undefined;
  #cancelStarved: (() => void) | undefined;

  constructor(settings: SmbdSettings, clock: Clock, events: SmbdTimerEvents) {
    this.#settings = settings;
    this.#clock = clock;
    this.#events = events;
    this.#heardMs = clock.now();
    this.#watchIdle(settings.keepAliveIntervalMs);
  }

  /** A message came. */
  heard(): void {
    this.#heardMs = this.#clock.now();
    this.#starvedMs = undefined;
    if (this.#askedMs === undefined) return;
    this.#askedMs = undefined;
    this.#cancelIdle();
    this.#watchIdle(this.#settings.keepAliveIntervalMs);
  }

  /** Whether there is something to send for which credits are missing. */
  needsCredits(isStarved: boolean): void {
    if (!isStarved) {
      this.#starvedMs = undefined;
      return;
    }
    this.#starvedMs ??= this.#clock.now();
    if (this.#cancelStarved === undefined) this.#watchCredits(this.#settings.creditGrantMs);
  }

  stop(): void {
    this.#cancelIdle();
    this.#cancelStarved?.();
    this.#cancelStarved = undefined;
  }

  #watchIdle(afterMs: number): void {
    this.#cancelIdle = this.#clock.after(afterMs, () => this.#checkIdle());
  }

  #checkIdle(): void {
    const { keepAliveIntervalMs, keepAliveAnswerMs } = this.#settings;
    const now = this.#clock.now();
    if (this.#askedMs !== undefined) {
      const silentMs = now - this.#heardMs;
      const seconds = keepAliveAnswerMs / 1000;
      this.#events.expired(
        new TimeoutError(`no sign of life ${seconds} s after it was asked for one`, silentMs),
      );
      return;
    }
    const leftMs = this.#heardMs + keepAliveIntervalMs - now;
    if (leftMs > 0) {
      this.#watchIdle(leftMs);
      return;
    }
    this.#askedMs = now;
    this.#watchIdle(keepAliveAnswerMs);
    this.#events.askForAnswer();
  }

  #watchCredits(afterMs: number): void {
    this.#cancelStarved = this.#clock.after(afterMs, () => this.#checkCredits());
  }

  #checkCredits(): void {
    const { creditGrantMs } = this.#settings;
    this.#cancelStarved = undefined;
    if (this.#starvedMs === undefined) return;
    const starvedMs = this.#clock.now() - this.#starvedMs;
    if (starvedMs < creditGrantMs) {
      this.#watchCredits(creditGrantMs - starvedMs);
      return;
    }
    const seconds = creditGrantMs / 1000;
    this.#events.expired(new TimeoutError(`no credits to send with for ${seconds} s`, starvedMs));
  }
}
