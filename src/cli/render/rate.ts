/** Bytes moved and how long that took. */
export class RateTotal {
  #bytes = 0;
  #ms = 0;

  add(bytes: number, ms: number): void {
    this.#bytes += bytes;
    this.#ms += ms;
  }

  get text(): string {
    return formatRate(this.#bytes, this.#ms);
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
