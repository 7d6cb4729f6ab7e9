import type {
  FinishedFile,
  TransferEnvironment,
  TransferFailure,
  TransferSummary,
} from "./environment.ts";

/** Adds up what a run of many files did, and tells the caller of each as it happens. */
export class Tally {
  readonly #environment: TransferEnvironment;
  readonly #failures: TransferFailure[] = [];
  readonly #startedAt = performance.now();
  #files = 0;
  #bytes = 0;

  constructor(environment: TransferEnvironment) {
    this.#environment = environment;
  }

  finished(file: FinishedFile): void {
    this.#files += 1;
    this.#bytes += file.bytes;
    this.#environment.onFile?.(file);
  }

  failed(failure: TransferFailure): void {
    this.#failures.push(failure);
    this.#environment.onFailure?.(failure);
  }

  /** A file, or what would have been one, was left when something ended the run. */
  left({ isDirectory }: { readonly isDirectory?: boolean }): void {
    if (isDirectory !== true) this.#environment.onLeft?.();
  }

  summary(): TransferSummary {
    return {
      files: this.#files,
      bytes: this.#bytes,
      ms: performance.now() - this.#startedAt,
      failures: this.#failures,
    };
  }
}
