import type { MessageParts } from "../../core/transport.ts";
import { DATA_OFFSET } from "./smbd-messages.ts";

/** An upper-layer message on its way out, cut to what one Data Transfer message carries. */
export class SmbdFragments {
  /** Bytes that are not sent yet. */
  remaining: number;
  readonly #parts: MessageParts;
  #part = 0;
  #offset = 0;

  constructor(parts: MessageParts) {
    this.#parts = parts;
    this.remaining = parts.reduce((sum, part) => sum + part.length, 0);
  }

  /**
   * Copies the next fragment behind the header in `buffer`, as much as fits before `end`, and
   * returns its length.
   */
  copyTo(buffer: Uint8Array, end: number): number {
    let at = DATA_OFFSET;
    while (at < end && this.#part < this.#parts.length) {
      const part = this.#parts[this.#part] as Uint8Array;
      const piece = part.subarray(this.#offset, this.#offset + (end - at));
      buffer.set(piece, at);
      at += piece.length;
      this.#offset += piece.length;
      if (this.#offset < part.length) break;
      this.#part += 1;
      this.#offset = 0;
    }
    const length = at - DATA_OFFSET;
    this.remaining -= length;
    return length;
  }
}
