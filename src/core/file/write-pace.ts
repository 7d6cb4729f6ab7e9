import type { Clock } from "../clock.ts";

const KIB = 1024;
/** Bytes per second from which a link needs no care. */
const FAST = 1024 * KIB;
/** Bytes per second below which even careful chunks are too large. */
const SLOW = 64 * KIB;
/** What is sent while nothing is known, and on a link that is neither fast nor slow. */
const CAREFUL_CHUNK = 256 * KIB;
const SLOW_CHUNK = 64 * KIB;
/** Chunks under way at once where the link is not fast. */
const CAREFUL_CHUNKS = 16;
/** How long is measured before a link is held to be slower than before, in milliseconds. */
const PERIOD_MS = 2000;

type Link = "fast" | "careful" | "slow";

/** What a pace is kept for: a session. */
type Key = object;

const paces = new WeakMap<Key, WritePace>();

/**
 * How large WRITEs may be in a session. Bytes that wait in the system's socket buffer cannot be
 * seen, so a large WRITE on a slow link looks like a server that says nothing: chunks begin small and
 * grow with the first replies that come quickly.
 */
export class WritePace {
  readonly #clock: Clock;
  #link: Link = "careful";
  #underWay = 0;
  #sinceMs = 0;
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is known of `key`; `clock` is that of the first who asks. */
  static of(key: Key, clock: Clock): WritePace {
    const known = paces.get(key) ?? new WritePace(clock);
    paces.set(key, known);
    return known;
  }

  /** The largest WRITE now, in bytes, where `limit` is otherwise allowed. */
  chunk(limit: number): number {
    if (this.#link === "fast") return limit;
    return Math.min(limit, this.#link === "slow" ? SLOW_CHUNK : CAREFUL_CHUNK);
  }

  /** Bytes under way at once, where `limit` is otherwise allowed. */
  window(limit: number): number {
    if (this.#link === "fast") return limit;
    return Math.min(limit, CAREFUL_CHUNKS * this.chunk(limit));
  }

  /** A WRITE is being sent. */
  begin(): void {
    // While nothing was to be sent nothing could be measured.
    if (this.#underWay === 0) this.#restart();
    this.#underWay += 1;
  }

  /** The server took `bytes`; 0 where the WRITE failed. */
  end(bytes: number): void {
    this.#underWay -= 1;
    this.#bytes += bytes;
    const elapsedMs = this.#clock.now() - this.#sinceMs;
    const isFast = this.#bytes * 1000 >= FAST * elapsedMs;
    if (!isFast && elapsedMs < PERIOD_MS) return;
    if (isFast) this.#link = "fast";
    else this.#link = this.#bytes * 1000 < SLOW * elapsedMs ? "slow" : "careful";
    if (elapsedMs >= PERIOD_MS) this.#restart();
  }

  #restart(): void {
    this.#sinceMs = this.#clock.now();
    this.#bytes = 0;
  }
}
