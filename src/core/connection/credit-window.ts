import { AbortListeners } from "../abort-listeners.ts";

interface Waiter {
  readonly charge: number;
  readonly sinceMs: number;
  readonly resolve: (messageId: number) => void;
  readonly reject: (error: unknown) => void;
  next: Waiter | undefined;
  abandoned: boolean;
  /** Removes the abort listener once the waiter is served. */
  forget: (() => void) | undefined;
}

/**
 * The CommandSequenceWindow of [MS-SMB2] 3.2.4.1.6: which MessageIds may be used now. One id is one
 * credit. Waiters are served in the order they came, so a large request is not starved by small ones.
 */
export class CreditWindow {
  readonly #aborts: AbortListeners;
  #nextMessageId = 0;
  #available = 1;
  #outstanding = 0;
  #delayed = 0;
  #head: Waiter | undefined;
  #last: Waiter | undefined;
  #closed: unknown;

  constructor(aborts: AbortListeners = new AbortListeners()) {
    this.#aborts = aborts;
  }

  /** Credits that are free now. */
  get available(): number {
    return this.#available;
  }

  /**
   * Free credits and those spent on requests that have not been answered: what may come back. An
   * interim response counts as the answer: a server replaces the credits with it and not at the end.
   */
  get total(): number {
    return this.#available + this.#outstanding;
  }

  /** There are no credits, and nothing under way can bring any. */
  get isExhausted(): boolean {
    return this.total === 0 && this.#delayed === 0;
  }

  /** Since when the first in the queue has been waiting; undefined where nobody is. */
  get waitingSinceMs(): number | undefined {
    return this.#head?.sinceMs;
  }

  /** Credits that the first in the queue lacks, where no answer to be expected soon brings them. */
  get shortfall(): number {
    if (this.#head === undefined || this.#outstanding > 0) return 0;
    return Math.max(0, this.#head.charge - this.#available);
  }

  /** The first of `charge` consecutive ids, or undefined where the caller has to wait for it. */
  tryTake(charge: number): number | undefined {
    if (this.#closed !== undefined || this.#head !== undefined || charge > this.#available)
      return undefined;
    return this.#spend(charge);
  }

  /**
   * Resolves with the first of `charge` consecutive ids; first come, first served. `nowMs` is told by
   * `waitingSinceMs`.
   *
   * @throws what `close` or `refuseFirst` was given, or the signal's reason
   */
  take(charge: number, nowMs: number, signal?: AbortSignal): Promise<number> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        charge,
        sinceMs: nowMs,
        resolve,
        reject,
        next: undefined,
        abandoned: false,
        forget: undefined,
      };
      if (signal !== undefined) waiter.forget = this.#abandonOnAbort(waiter, signal);
      if (this.#last === undefined) this.#head = waiter;
      else this.#last.next = waiter;
      this.#last = waiter;
      this.#drain();
    });
  }

  /** A final response arrived: `charge` credits are spent, `granted` are new. */
  settle(charge: number, granted: number): void {
    this.#outstanding -= charge;
    this.grant(granted);
  }

  /** The first interim response arrived: the final one may take as long as it likes. */
  delay(charge: number, granted: number): void {
    this.#delayed += charge;
    this.settle(charge, granted);
  }

  /** The final response after an interim one arrived. */
  settleDelayed(charge: number, granted: number): void {
    this.#delayed -= charge;
    this.grant(granted);
  }

  /** New credits ([MS-SMB2] 3.2.5.1.4). */
  grant(credits: number): void {
    this.#available += credits;
    this.#drain();
  }

  /** One id past the queue: for the request that asks for more credits. */
  takeAhead(): number | undefined {
    return this.#closed === undefined && this.#available > 0 ? this.#spend(1) : undefined;
  }

  /** Rejects the first in the queue. */
  refuseFirst(error: unknown): void {
    const head = this.#head;
    if (head === undefined) return;
    head.abandoned = true;
    head.forget?.();
    head.reject(error);
    this.#drain();
  }

  /** Rejects all waiters and every later `take`. */
  close(error: unknown): void {
    this.#closed ??= error;
    for (let waiter = this.#head; waiter !== undefined; waiter = waiter.next) {
      waiter.forget?.();
      waiter.reject(error);
    }
    this.#head = undefined;
    this.#last = undefined;
  }

  #spend(charge: number): number {
    const messageId = this.#nextMessageId;
    this.#nextMessageId += charge;
    this.#available -= charge;
    this.#outstanding += charge;
    return messageId;
  }

  #drain(): void {
    let head = this.#head;
    while (head !== undefined && (head.abandoned || head.charge <= this.#available)) {
      this.#head = head.next;
      if (!head.abandoned) {
        head.forget?.();
        head.resolve(this.#spend(head.charge));
      }
      head = this.#head;
    }
    if (head === undefined) this.#last = undefined;
  }

  #abandonOnAbort(waiter: Waiter, signal: AbortSignal): () => void {
    const onAbort = (): void => {
      waiter.abandoned = true;
      waiter.reject(signal.reason);
      this.#drain();
    };
    return this.#aborts.add(signal, onAbort);
  }
}
