import type { RdmaRegion } from "../transport.ts";

/**
 * Memory of one channel's wire that the data of a WRITE are put into, from where the server fetches
 * them: nobody copies them. It is lent again only when its owner has released it and the server has
 * answered the request that named it; where it never does, when the wire is closed.
 */
export class WriteMemory {
  /** As many bytes as were asked for, with old contents. They must not change before the answer. */
  readonly bytes: Uint8Array;
  /** Who lent it: data go from here only where it is the one to send them. */
  readonly lender: object;
  readonly #region: RdmaRegion;
  #isInUse = false;
  #isReleased = false;

  constructor(region: RdmaRegion, lender: object) {
    this.bytes = region.memory;
    this.lender = lender;
    this.#region = region;
  }

  get canBeInvalidated(): boolean {
    return this.#region.canBeInvalidated;
  }

  /**
   * Lets the peer reach `data`, which lie in here, and nothing else; returns their descriptors. One
   * request at a time: `answered` comes before the next one.
   */
  expose(data: Uint8Array): Uint8Array {
    const offset = data.byteOffset - this.bytes.byteOffset;
    const isInside = data.buffer === this.bytes.buffer && offset >= 0;
    if (!isInside || offset + data.length > this.bytes.length || this.#isInUse) {
      throw new RangeError("The data of a WRITE are not where they are said to be, or in use");
    }
    const descriptors = this.#region.expose(offset, data.length);
    this.#isInUse = true;
    return descriptors;
  }

  /** The server has answered the request that named it, or was never asked. Idempotent. */
  answered(): void {
    this.#isInUse = false;
    this.#giveBack();
  }

  /** The owner wants no more of it. Idempotent. */
  release(): void {
    this.#isReleased = true;
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#isReleased && !this.#isInUse) this.#region.release();
  }
}
