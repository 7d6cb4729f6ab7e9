/** A piece of a file: what one READ or WRITE asks for. */
export interface Piece {
  readonly offset: number;
  readonly length: number;
}

/** What `slide` needs. */
export interface SlideOptions<P extends Piece> {
  /** The next piece, or undefined at the end. Asked only when there is room for `maxPiece` bytes. */
  readonly next: (signal: AbortSignal) => Promise<P | undefined> | P | undefined;
  /** Moves one piece; several run at once. */
  readonly run: (piece: P, signal: AbortSignal) => Promise<void>;
  /** Bytes that may be under way at once; one piece is always allowed. */
  readonly windowBytes: () => number;
  /** The most bytes that `next` can return. */
  readonly maxPiece: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** How much of one file is under way at once, unless the caller knows better. */
export const DEFAULT_WINDOW_BYTES: number = 16 * 1024 * 1024;

/**
 * Runs pieces through a window: a new one starts as soon as enough of the earlier ones are over. The
 * first error (or an abort of `signal`) cancels the rest. Settles only when nothing runs any more, so
 * buffers and handles may be given up right after it.
 */
export function slide<P extends Piece>(options: SlideOptions<P>): Promise<void> {
  return new Slide(options).run();
}

class Slide<P extends Piece> {
  readonly #options: SlideOptions<P>;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  #bytes = 0;
  #running = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(options: SlideOptions<P>) {
    this.#options = options;
    const { signal } = options;
    this.#signal =
      signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
  }

  async run(): Promise<void> {
    try {
      await this.#startAll();
    } catch (error) {
      this.#fail(error);
    }
    while (this.#running > 0) await this.#change();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #startAll(): Promise<void> {
    for (;;) {
      while (this.#isFull()) await this.#change();
      if (this.#failure !== undefined) return;
      this.#signal.throwIfAborted();
      const next = this.#options.next(this.#signal);
      const piece = next instanceof Promise ? await next : next;
      if (piece === undefined) return;
      this.#start(piece);
    }
  }

  #isFull(): boolean {
    if (this.#running === 0 || this.#failure !== undefined) return false;
    return this.#bytes + this.#options.maxPiece() > this.#options.windowBytes();
  }

  #start(piece: P): void {
    this.#running += 1;
    this.#bytes += piece.length;
    const over = (): void => {
      this.#running -= 1;
      this.#bytes -= piece.length;
      const wake = this.#wake;
      this.#wake = undefined;
      wake?.();
    };
    this.#options.run(piece, this.#signal).then(over, (error: unknown) => {
      this.#fail(error);
      over();
    });
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#abort.abort(error);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
