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
  /**
   * The window begins at the oldest piece that is not over, whatever has come to its end behind it: so
   * much, and no more, can lie beyond what is complete. Pieces must follow each other.
   */
  readonly isAnchored?: boolean | undefined;
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
  readonly #running = new Set<P>();
  #bytes = 0;
  #end = 0;
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
    while (this.#running.size > 0) await this.#change();
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
    const [oldest] = this.#running;
    if (oldest === undefined || this.#failure !== undefined) return false;
    const { isAnchored, maxPiece, windowBytes } = this.#options;
    const underWay = isAnchored === true ? this.#end - oldest.offset : this.#bytes;
    return underWay + maxPiece() > windowBytes();
  }

  #start(piece: P): void {
    this.#running.add(piece);
    this.#bytes += piece.length;
    this.#end = piece.offset + piece.length;
    const over = (): void => {
      this.#running.delete(piece);
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
