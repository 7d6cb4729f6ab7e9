/** A span of time, in milliseconds of one clock. */
interface Span {
  start: number;
  readonly end: number;
}

/** So many spans are kept apart; of older ones only their length. */
const MOST_SPANS = 256;

/** Bytes moved, and how long anything was being moved: files that move side by side share their time. */
export class RateTotal {
  #bytes = 0;
  #ms = 0;
  /** Disjoint, the latest last. */
  readonly #spans: Span[] = [];

  /** Adds what took `ms` milliseconds and was over at `end`; later calls have later ends. */
  add(bytes: number, ms: number, end: number): void {
    this.#bytes += bytes;
    const span: Span = { start: end - ms, end };
    for (let last = this.#spans.at(-1); last !== undefined; last = this.#spans.at(-1)) {
      if (last.end < span.start) break;
      span.start = Math.min(span.start, last.start);
      this.#spans.pop();
    }
    this.#spans.push(span);
    const oldest = this.#spans.length > MOST_SPANS ? this.#spans.shift() : undefined;
    if (oldest !== undefined) this.#ms += oldest.end - oldest.start;
  }

  get text(): string {
    const recent = this.#spans.reduce((sum, { start, end }) => sum + end - start, 0);
    return formatRate(this.#bytes, this.#ms + recent);
  }
}

/** The running averages that smbclient shows behind every file it moved. */
export interface TransferRates {
  readonly download: RateTotal;
  readonly upload: RateTotal;
}

export function createTransferRates(): TransferRates {
  return { download: new RateTotal(), upload: new RateTotal() };
}

/**
 * `bytes` in `ms` milliseconds as units of 1024 bytes a second with one decimal; `inf` where no time
 * passed, `0.0` where nothing was moved in no time.
 */
export function formatRate(bytes: number, ms: number): string {
  if (bytes === 0) return "0.0";
  if (ms <= 0) return "inf";
  return ((bytes / ms) * (1000 / 1024)).toFixed(1);
}
