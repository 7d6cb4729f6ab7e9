import type { RegionRange } from "./interface.ts";
import { Region } from "./native-memory.ts";

/** Beside the opcode: the message invalidates a key of the peer. */
const INVALIDATES = 0x80;
const HEADER_WORDS = 5;
const RANGE_WORDS = 3;

/**
 * Work requests on their way to the addon, as numbers of 32 bits. Each request is
 *
 *     opcode | flags << 8 | ranges << 16,  id,  remote key,  remote address low, high
 *
 * and for each range its region, offset and length. A bind has the new key, the window and the access
 * in the places of key and address.
 */
export class WorkList {
  words: Uint32Array = new Uint32Array(1024);
  wordCount = 0;
  /** Requests in the list. */
  count = 0;
  receives: Uint32Array = new Uint32Array(256);
  receiveCount = 0;

  clear(): void {
    this.wordCount = 0;
    this.count = 0;
    this.receiveCount = 0;
  }

  receive(slot: number): void {
    if (this.receiveCount === this.receives.length) this.receives = doubled(this.receives);
    this.receives[this.receiveCount] = slot;
    this.receiveCount += 1;
  }

  /** A request with one range, without making an object for it. */
  single(
    opcode: number,
    flags: number,
    id: number,
    key: number | undefined,
    region: number,
    offset: number,
    length: number,
  ): void {
    this.#header(opcode, flags, id, key, 0, 0, 1);
    this.#range(region, offset, length);
  }

  /** A request with any ranges. */
  request(
    opcode: number,
    flags: number,
    id: number,
    key: number | undefined,
    address: bigint,
    ranges: readonly RegionRange[],
  ): void {
    for (const range of ranges) checkRange(range);
    const low = Number(address & 0xffff_ffffn);
    const high = Number(address >> 32n);
    this.#header(opcode, flags, id, key, low, high, ranges.length);
    for (const { region, offset, length } of ranges) {
      this.#range((region as Region).id, offset, length);
    }
  }

  bind(
    opcode: number,
    flags: number,
    id: number,
    key: number,
    window: number,
    access: number,
    range: RegionRange,
  ): void {
    checkRange(range);
    this.#header(opcode, flags, id, key, window, access, 1);
    this.#range((range.region as Region).id, range.offset, range.length);
  }

  #header(
    opcode: number,
    flags: number,
    id: number,
    key: number | undefined,
    low: number,
    high: number,
    ranges: number,
  ): void {
    const needed = this.wordCount + HEADER_WORDS + ranges * RANGE_WORDS;
    while (this.words.length < needed) this.words = doubled(this.words);
    const bits = key === undefined ? flags : flags | INVALIDATES;
    const { words } = this;
    let at = this.wordCount;
    words[at++] = opcode | (bits << 8) | (ranges << 16);
    words[at++] = id;
    words[at++] = key ?? 0;
    words[at++] = low;
    words[at++] = high;
    this.wordCount = at;
    this.count += 1;
  }

  #range(region: number, offset: number, length: number): void {
    const { words } = this;
    let at = this.wordCount;
    words[at++] = region;
    words[at++] = offset;
    words[at++] = length;
    this.wordCount = at;
  }
}

function doubled(words: Uint32Array): Uint32Array {
  const larger = new Uint32Array(words.length * 2);
  larger.set(words);
  return larger;
}

function checkRange({ region, offset, length }: RegionRange): void {
  if (!(region instanceof Region)) throw new TypeError("The region is not one of this package");
  if (region.isClosed) throw new RangeError("The memory region is closed");
  const isInside = offset >= 0 && length >= 0 && offset + length <= region.memory.byteLength;
  if (!isInside || !Number.isInteger(offset) || !Number.isInteger(length)) {
    throw new RangeError(
      `${length} bytes at ${offset} are not inside a region of ${region.memory.byteLength}`,
    );
  }
}
