/** Messages up to this size get memory of their own, which the garbage collector takes back. */
const POOLED_FROM = 32 * 1024;
/** Free memory kept at most, in bytes: one window of large READ responses. */
const KEEP_BYTES = 20 * 1024 * 1024;
/** Room for headers beside a payload of a round size. */
const ROUND_TO = 64 * 1024;

/**
 * Reuses the memory of large messages. Forgetting to return a buffer is safe: it is then collected
 * as any other; returning it saves the page faults of a fresh megabyte per response.
 */
export class ReceivePool {
  readonly #free: Uint8Array[] = [];
  #freeBytes = 0;

  /** At least `length` bytes, with old contents. */
  allocate(length: number): Uint8Array {
    if (length <= POOLED_FROM) return new Uint8Array(length);
    for (let index = this.#free.length - 1; index >= 0; index -= 1) {
      const candidate = this.#free[index];
      if (candidate !== undefined && candidate.length >= length) {
        this.#free.splice(index, 1);
        this.#freeBytes -= candidate.length;
        return candidate;
      }
    }
    return new Uint8Array(Math.ceil((length + 4096) / ROUND_TO) * ROUND_TO);
  }

  /** Takes back the memory under `view`, which nobody may read any more. */
  release(view: Uint8Array): void {
    const size = view.buffer.byteLength;
    if (size <= POOLED_FROM || this.#freeBytes + size > KEEP_BYTES) return;
    this.#freeBytes += size;
    this.#free.push(new Uint8Array(view.buffer as ArrayBuffer));
  }
}
