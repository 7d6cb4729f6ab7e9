import type { Piece } from "../../core/index.ts";

/** What of `ranges` is at `start` or behind it. */
export function clipped(ranges: readonly Piece[], start: number): Piece[] {
  return ranges
    .filter(({ offset, length }) => offset + length > start)
    .map(({ offset, length }) => {
      const first = Math.max(offset, start);
      return { offset: first, length: offset + length - first };
    });
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Writes `data` at `offset`; all before it was written. */
export type PutInOrder = (data: Uint8Array, offset: number, signal: AbortSignal) => Promise<void>;

/**
 * Brings chunks that arrive in any order to a writer that needs them in order. A chunk that is early
 * waits; it holds its buffer meanwhile, so a read window bounds what can wait here.
 */
export class InOrder {
  readonly #put: PutInOrder;
  readonly #waiting = new Map<number, Waiter>();
  /** Where a range ends, and where the next one begins. */
  readonly #jumps = new Map<number, number>();
  #position: number;
  #watched: AbortSignal | undefined;

  constructor(start: number, put: PutInOrder) {
    this.#position = start;
    this.#put = put;
  }

  /** Only these ranges will come, in order; what lies between them is left out. To be called first. */
  expect(ranges: readonly Piece[]): void {
    let end: number | undefined;
    for (const { offset, length } of clipped(ranges, this.#position)) {
      if (end === undefined) this.#position = offset;
      else if (offset !== end) this.#jumps.set(end, offset);
      end = offset + length;
    }
  }

  /** Resolves when `data`, and all before it, were put. Rejects when `signal` aborts first. */
  async write(data: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    if (offset !== this.#position) await this.#turn(offset, signal);
    await this.#put(data, offset, signal);
    const end = offset + data.length;
    this.#position = this.#jumps.get(end) ?? end;
    const next = this.#waiting.get(this.#position);
    this.#waiting.delete(this.#position);
    next?.resolve();
  }

  #turn(offset: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#watch(signal);
    return new Promise((resolve, reject) => {
      this.#waiting.set(offset, { resolve, reject });
    });
  }

  /** One listener for all who wait: a window of them would be too many for a signal. */
  #watch(signal: AbortSignal): void {
    if (this.#watched === signal) return;
    this.#watched = signal;
    signal.addEventListener("abort", () => this.#giveUp(signal.reason), { once: true });
  }

  #giveUp(reason: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }
}
