import type { Clock } from "../clock.ts";
import { UnsupportedError } from "../errors.ts";
import type { CreditWindow } from "./credit-window.ts";

/** One credit pays for so many bytes ([MS-SMB2] 3.2.4.1.5). */
export const BYTES_PER_CREDIT = 65_536;

/** Sees to it that nobody waits for credits that will never come. */
export class CreditSupply {
  readonly #window: CreditWindow;
  readonly #clock: Clock;
  readonly #askForMore: (messageId: number) => void;
  /** How many credits there were when more were last asked for. */
  #whenAsked = 0;

  /** `askForMore` sends an ECHO with that MessageId. */
  constructor(window: CreditWindow, clock: Clock, askForMore: (messageId: number) => void) {
    this.#window = window;
    this.#clock = clock;
    this.#askForMore = askForMore;
  }

  /** What a request may carry: half of what the credits pay for, so that two are in flight. */
  get affordableSize(): number {
    return Math.max(1, Math.floor(this.#window.total / 2)) * BYTES_PER_CREDIT;
  }

  /**
   * Resolves with the first of `charge` consecutive MessageIds.
   *
   * @throws {UnsupportedError} where the server does not grant so many
   */
  wait(charge: number, signal: AbortSignal | undefined): Promise<number> {
    const waiting = this.#window.take(charge, this.#clock.now(), signal);
    this.endStarvation();
    return waiting;
  }

  /**
   * Where nothing is under way that could bring the credits somebody waits for, an ECHO asks for
   * them; where that brings no more, the wait would be for ever ([MS-SMB2] 3.2.4.1.3). To be called
   * whenever credits may have come.
   */
  endStarvation(): void {
    while (this.#window.shortfall > 0 && this.#window.available > 0) {
      const { total } = this.#window;
      const messageId = total > this.#whenAsked ? this.#window.takeAhead() : undefined;
      if (messageId !== undefined) {
        this.#whenAsked = total;
        this.#askForMore(messageId);
        return;
      }
      this.#whenAsked = 0;
      this.#window.refuseFirst(
        new UnsupportedError(`The server grants ${total} credits, too few for this request`),
      );
    }
  }
}
