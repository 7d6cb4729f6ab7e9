import type { TransferFailure } from "./environment.ts";

/** The failure of one file that made going on with the others pointless. Its cause is what happened. */
export class FatalFailure extends Error {
  readonly failure: TransferFailure;

  constructor(failure: TransferFailure) {
    const { error, path } = failure;
    super(`${error instanceof Error ? error.message : String(error)}: ${path}`, { cause: error });
    this.name = "FatalFailure";
    this.failure = failure;
  }
}
