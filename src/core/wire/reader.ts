import { WireFormatError } from "../errors.ts";
import { sizeOf } from "./file-size.ts";

/**
 * A little-endian reader that checks every access. Offsets given to `slice` are relative to the
 * start of the reader's bytes, as the specifications count them (from the SMB2 header, from the
 * NTLM signature…).
 *
 * Every method throws {@link WireFormatError} where the bytes end too early.
 */
export class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  pos: number;

  constructor(bytes: Uint8Array, pos = 0) {
    this.bytes = bytes;
    this.pos = pos;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.pos;
  }

  u8(): number {
    this.#need(1);
    const value = this.#view.getUint8(this.pos);
    this.pos += 1;
    return value;
  }

  u16(): number {
    this.#need(2);
    const value = this.#view.getUint16(this.pos, true);
    this.pos += 2;
    return value;
  }

  u32(): number {
    this.#need(4);
    const value = this.#view.getUint32(this.pos, true);
    this.pos += 4;
    return value;
  }

  i32(): number {
    this.#need(4);
    const value = this.#view.getInt32(this.pos, true);
    this.pos += 4;
    return value;
  }

  /** A 64-bit integer that must be a safe JS integer. */
  u64(): number {
    const low = this.u32();
    const high = this.u32();
    if (high > 0x1f_ffff) throw new WireFormatError(`64-bit value too large at ${this.pos - 8}`);
    return high * 0x1_0000_0000 + low;
  }

  /** A 64-bit size; UNKNOWN_SIZE where it is none that a file can have. */
  size64(): number {
    const low = this.u32();
    return sizeOf(low, this.u32());
  }

  /** A 64-bit value of the full range. */
  big64(): bigint {
    this.#need(8);
    const value = this.#view.getBigUint64(this.pos, true);
    this.pos += 8;
    return value;
  }

  /** The next `length` bytes, as a view. */
  raw(length: number): Uint8Array {
    this.#need(length);
    const value = this.bytes.subarray(this.pos, this.pos + length);
    this.pos += length;
    return value;
  }

  skip(length: number): void {
    this.#need(length);
    this.pos += length;
  }

  /** `length` bytes at `offset` from the start, as a view; an empty view where `length` is 0. */
  slice(offset: number, length: number): Uint8Array {
    if (length === 0) return this.bytes.subarray(0, 0);
    if (offset + length > this.bytes.length) {
      throw new WireFormatError(
        `${length} bytes at offset ${offset} lie outside a message of ${this.bytes.length}`,
      );
    }
    return this.bytes.subarray(offset, offset + length);
  }

  /** Everything from the position on, as a view. */
  rest(): Uint8Array {
    return this.raw(this.remaining);
  }

  /** Checks that `count` elements of at least `size` bytes can still follow, before any allocation. */
  expectCount(count: number, size: number): number {
    if (count * size > this.remaining) {
      throw new WireFormatError(
        `${count} elements of ${size} bytes announced, ${this.remaining} bytes left`,
      );
    }
    return count;
  }

  #need(count: number): void {
    if (this.pos + count > this.bytes.length) {
      throw new WireFormatError(
        `${count} bytes needed at ${this.pos}, the message has ${this.bytes.length}`,
      );
    }
  }
}
