/** Why a run ends whose output nobody reads any more (`| head -1`): quietly, with what had failed by then. */
export class ReaderGone extends Error {}

/**
 * What Ctrl-C means at the moment: it ends the run, unless a shell that wants to live on has taken
 * it over for the command that runs.
 */
export class Interrupts {
  readonly #run = new AbortController();
  #handler: (() => void) | undefined;

  /** Aborted when the run is to end. */
  get signal(): AbortSignal {
    return this.#run.signal;
  }

  /** Why the run is to end; an AbortError for Ctrl-C. */
  get reason(): unknown {
    return this.#run.signal.reason;
  }

  /** Rejects when the run is to end. */
  ended(): Promise<never> {
    const { signal } = this;
    return new Promise((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  /** Ctrl-C calls `handler` instead of ending the run, until the result is called. */
  takeOver(handler: () => void): () => void {
    const before = this.#handler;
    this.#handler = handler;
    return () => {
      this.#handler = before;
    };
  }

  /** Ctrl-C was pressed. */
  interrupt(): void {
    if (this.#handler === undefined) this.#run.abort();
    else this.#handler();
  }

  /** The run is to end whatever a shell thinks: SIGTERM, SIGHUP, a reader that left. */
  end(reason?: unknown): void {
    this.#run.abort(reason);
  }
}
