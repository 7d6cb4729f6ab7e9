/** Names that a set begins with room for; it doubles. */
const FIRST_ROOM = 256;
/** The offset bases of two FNV-1a hashes, and their prime. */
const BASES = [0x811c_9dc5, 0x2f0b_4c47] as const;
const PRIME = 0x0100_0193;

/**
 * A set of names that takes 16 to 32 bytes for each, however long it is: two hashes of 32 bits. That it
 * takes one name for another happens once in some ten million sets of a million names.
 */
export class NameSet {
  /** Pairs of hashes; a pair of zeros is free. */
  #slots = new Uint32Array(2 * FIRST_ROOM);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds `name`; false where it was there. */
  add(name: string): boolean {
    if (this.#size * 4 >= this.#slots.length) this.#grow();
    const [first, second] = [hashOf(name, BASES[0]), hashOf(name, BASES[1])];
    // A pair of zeros would look free.
    return this.#put(first === 0 && second === 0 ? 1 : first, second);
  }

  #put(first: number, second: number): boolean {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = (first * 2) & mask; ; at = (at + 2) & mask) {
      if (slots[at] === first && slots[at + 1] === second) return false;
      if (slots[at] === 0 && slots[at + 1] === 0) {
        slots[at] = first;
        slots[at + 1] = second;
        this.#size += 1;
        return true;
      }
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#size = 0;
    for (let at = 0; at < old.length; at += 2) {
      const [first = 0, second = 0] = old.subarray(at, at + 2);
      if (first !== 0 || second !== 0) this.#put(first, second);
    }
  }
}

/** FNV-1a over the UTF-16 units of `name`. */
function hashOf(name: string, base: number): number {
  let hash: number = base;
  for (let at = 0; at < name.length; at += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(at), PRIME);
  }
  // The low bits choose the slot: the high ones, which have seen more, are mixed into them.
  return (hash ^ (hash >>> 15)) >>> 0;
}
