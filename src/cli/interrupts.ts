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
