import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

/**
 * How one type is represented in NDR 2.0, little-endian (C706 chapter 14, [MS-RPCE] 2.2.5). `read`
 * hands its value to `set` because what a pointer leads to lies behind the structure that holds it.
 */
export interface NdrType<T> {
  /** In bytes: 1, 2, 4 or 8. */
  readonly alignment: number;
  /** The fewest bytes a value takes in place; bounds how many can be announced. */
  readonly minimumSize: number;
  write(w: NdrWriter, value: T): void;
  read(r: NdrReader, set: (value: T) => void): void;
}

/** Writes a stub: alignment counts from its first byte. */
export class NdrWriter {
  readonly out: Writer = new Writer();
  #deferred: (() => void)[] = [];
  #referentId = 0x0002_0000;
  readonly #referents = new Map<unknown, number>();

  align(size: number): void {
    this.out.zero((size - (this.out.pos % size)) % size);
  }

  /** Writes what a pointer leads to once the outermost structure is complete. */
  defer(write: () => void): void {
    this.#deferred.push(write);
  }

  /** Writes what was deferred, and after each what that deferred in turn. */
  drain(): void {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const write of deferred) {
      write();
      this.drain();
    }
  }

  nextReferentId(): number {
    const id = this.#referentId;
    this.#referentId += 4;
    return id;
  }

  /** The id of an object that may be pointed to more than once, and whether it is the first time. */
  referentOf(value: unknown): { readonly id: number; readonly isNew: boolean } {
    const known = this.#referents.get(value);
    if (known !== undefined) return { id: known, isNew: false };
    const id = this.nextReferentId();
    this.#referents.set(value, id);
    return { id, isNew: true };
  }
}

/** Reads a stub; every method throws {@link WireFormatError} where it ends too early. */
export class NdrReader {
  readonly input: Reader;
  #deferred: (() => void)[] = [];
  readonly #referents = new Map<number, Referent>();

  constructor(stub: Uint8Array) {
    this.input = new Reader(stub);
  }

  align(size: number): void {
    this.input.skip((size - (this.input.pos % size)) % size);
  }

  defer(read: () => void): void {
    this.#deferred.push(read);
  }

  drain(): void {
    const deferred = this.#deferred;
    this.#deferred = [];
    for (const read of deferred) {
      read();
      this.drain();
    }
  }

  /** What a full pointer's id leads to, and whether it is the first time. */
  referentOf(id: number): { readonly referent: Referent; readonly isNew: boolean } {
    const known = this.#referents.get(id);
    if (known !== undefined) return { referent: known, isNew: false };
    const referent: Referent = { isRead: false, value: undefined, waiting: [] };
    this.#referents.set(id, referent);
    return { referent, isNew: true };
  }
}

/** Something that full pointers lead to: its value, and who waits for it. */
interface Referent {
  isRead: boolean;
  value: unknown;
  waiting: ((value: unknown) => void)[];
}

/** Encodes one value as a stub. */
export function encodeNdr<T>(type: NdrType<T>, value: T): Uint8Array {
  const w = new NdrWriter();
  type.write(w, value);
  w.drain();
  return w.out.finish();
}

/**
 * Decodes a stub. Bytes behind the value are padding and ignored.
 *
 * @throws {WireFormatError} where the stub does not hold such a value
 */
export function decodeNdr<T>(type: NdrType<T>, stub: Uint8Array): T {
  const r = new NdrReader(stub);
  let result: { readonly value: T } | undefined;
  type.read(r, (value) => {
    result = { value };
  });
  r.drain();
  if (result === undefined) throw new WireFormatError("NDR: a pointer that leads to itself");
  return result.value;
}
