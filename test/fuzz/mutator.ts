import { SeededRandom } from "../support/seeded-random.ts";

/** What breaks decoders: edges of sizes, signs and of the message itself. */
const EDGES = [0, 1, 2, 7, 8, 0x3f, 0x40, 0x41, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff];
const WIDE_EDGES = [...EDGES, 0x10000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];

/** Makes broken messages out of good ones; the same seed makes the same ones. */
export class Mutator extends SeededRandom {
  /** A copy of `message` with one to four changes; `other` lends parts. Never empty. */
  mutate(message: Uint8Array, other: Uint8Array): Uint8Array {
    let bytes: Uint8Array = message.slice();
    for (let changes = 1 + this.below(4); changes > 0; changes -= 1) {
      bytes = this.#change(bytes, other);
    }
    return bytes;
  }

  #change(bytes: Uint8Array, other: Uint8Array): Uint8Array {
    // Most fields lie behind the header: change those more often.
    const start = this.below(4) === 0 ? 0 : Math.min(64, bytes.length - 1);
    const at = start + this.below(bytes.length - start);
    switch (this.below(6)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << this.below(8));
        return bytes;
      case 1:
        bytes[at] = this.below(256);
        return bytes;
      case 2:
        return put(bytes, at, this.pick([...EDGES, bytes.length]), 2);
      case 3:
        return put(bytes, at, this.pick([...WIDE_EDGES, bytes.length]), 4);
      case 4:
        return this.below(2) === 0
          ? bytes.slice(0, Math.max(at, 65))
          : Uint8Array.from([...bytes, ...other.subarray(0, this.below(40))]);
      default: {
        const from = this.below(other.length);
        const part = other.subarray(from, from + this.below(bytes.length - at));
        bytes.set(part, at);
        return bytes;
      }
    }
  }
}

function put(bytes: Uint8Array, at: number, value: number, width: number): Uint8Array {
  for (let index = 0; index < width && at + index < bytes.length; index += 1) {
    bytes[at + index] = (value >>> (8 * index)) & 0xff;
  }
  return bytes;
}
