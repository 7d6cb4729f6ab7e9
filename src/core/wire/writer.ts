/**
 * A little-endian writer with two cursors: `pos` walks the fixed part of a structure and `tail` its
 * variable part, so an offset/length pair is one call and nothing is patched later.
 *
 * Offsets are relative to `origin` (the start of the SMB2 header, of an NTLM message, …).
 */
export class Writer {
  bytes: Uint8Array;
  /** Where the next fixed field goes: an index into `bytes`. */
  pos = 0;
  /** Where the next variable part goes: an index into `bytes`. */
  tail = 0;
  #view: DataView;
  #origin = 0;

  constructor(capacity = 256) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /**
   * Starts a structure of `fixedLength` bytes at the end of what is written. From here on `pos` is
   * its first byte and `tail` the byte after it. Its fixed part is zeroed.
   */
  begin(fixedLength: number): this {
    const start = Math.max(this.pos, this.tail);
    this.pos = start;
    this.tail = start;
    this.#reserve(fixedLength);
    this.bytes.fill(0, start, start + fixedLength);
    this.tail = start + fixedLength;
    return this;
  }

  /** Makes offsets written from now on relative to `index` (default: the current position). */
  setOrigin(index: number = this.pos): this {
    this.#origin = index;
    return this;
  }

  get origin(): number {
    return this.#origin;
  }

  /** How many bytes were written in all. */
  get length(): number {
    return Math.max(this.pos, this.tail);
  }

  u8(value: number): this {
    this.#need(1);
    this.bytes[this.pos] = value;
    this.pos += 1;
    return this;
  }

  u16(value: number): this {
    this.#need(2);
    this.#view.setUint16(this.pos, value, true);
    this.pos += 2;
    return this;
  }

  u32(value: number): this {
    this.#need(4);
    this.#view.setUint32(this.pos, value, true);
    this.pos += 4;
    return this;
  }

  /** A 64-bit integer that is a safe JS integer: MessageId, Offset, EndOfFile… */
  u64(value: number): this {
    this.#need(8);
    this.#view.setUint32(this.pos, value >>> 0, true);
    this.#view.setUint32(this.pos + 4, Math.floor(value / 0x1_0000_0000), true);
    this.pos += 8;
    return this;
  }

  /** A 64-bit value of the full range: SessionId, FILETIME… */
  big64(value: bigint): this {
    this.#need(8);
    this.#view.setBigUint64(this.pos, value, true);
    this.pos += 8;
    return this;
  }

  /** Bytes in the fixed part. */
  raw(value: Uint8Array): this {
    this.#need(value.length);
    this.bytes.set(value, this.pos);
    this.pos += value.length;
    return this;
  }

  /** `count` zero bytes in the fixed part. */
  zero(count: number): this {
    this.#need(count);
    this.bytes.fill(0, this.pos, this.pos + count);
    this.pos += count;
    return this;
  }

  /** `XxxOffset` (2) and `XxxLength` (2); the bytes go to the tail. */
  blob16(value: Uint8Array): this {
    return this.u16(this.#offsetOf(value)).u16(value.length).append(value);
  }

  /** `XxxOffset` (4) and `XxxLength` (4); the bytes go to the tail. */
  blob32(value: Uint8Array): this {
    return this.u32(this.#offsetOf(value)).u32(value.length).append(value);
  }

  /** Bytes at the tail. */
  append(value: Uint8Array): this {
    this.#reserve(value.length);
    this.bytes.set(value, this.tail);
    this.tail += value.length;
    return this;
  }

  /** Pads the tail with zeros so that it is a multiple of `size` from the origin. */
  align(size: number): this {
    const padding = (size - ((this.tail - this.#origin) % size)) % size;
    this.#reserve(padding);
    this.bytes.fill(0, this.tail, this.tail + padding);
    this.tail += padding;
    return this;
  }

  /** The tail's offset from the origin: what an `XxxOffset` field of the next blob would hold. */
  get tailOffset(): number {
    return this.tail - this.#origin;
  }

  /** Overwrites four bytes at `index`: NextEntryOffset, NextCommand. */
  setU32(index: number, value: number): void {
    this.#view.setUint32(index, value, true);
  }

  /** Overwrites two bytes at `index`. */
  setU16(index: number, value: number): void {
    this.#view.setUint16(index, value, true);
  }

  /** What was written, as a view that stays valid until the next write. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  #offsetOf(value: Uint8Array): number {
    return value.length === 0 ? 0 : this.tail - this.#origin;
  }

  #need(count: number): void {
    if (this.pos + count > this.bytes.length) this.#grow(this.pos + count);
  }

  #reserve(count: number): void {
    if (this.tail + count > this.bytes.length) this.#grow(this.tail + count);
  }

  #grow(needed: number): void {
    const bigger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bigger.set(this.bytes);
    this.bytes = bigger;
    this.#view = new DataView(bigger.buffer);
  }
}

/** Encodes one structure of `fixedLength` bytes (plus its tail) into bytes of its own. */
export function encodeBytes(fixedLength: number, fill: (w: Writer) => void): Uint8Array {
  const w = new Writer(fixedLength + 64).begin(fixedLength);
  fill(w);
  return w.bytes.slice(0, w.length);
}
