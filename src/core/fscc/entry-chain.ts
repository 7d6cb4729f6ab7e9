import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

/**
 * Reads a list whose entries begin with a NextEntryOffset of 4 bytes, 0 in the last one. Each entry is
 * read from its own bytes, so none can reach into the next; empty bytes are an empty list.
 *
 * @throws {WireFormatError} where a NextEntryOffset leads outside or back
 */
export function readChain<T>(bytes: Uint8Array, read: (r: Reader) => T): T[] {
  const entries: T[] = [];
  let at = 0;
  while (at < bytes.length) {
    const entry = new Reader(bytes.subarray(at));
    const next = entry.u32();
    if (next !== 0 && (next < 4 || at + next >= bytes.length)) {
      throw new WireFormatError(`List entry at ${at}: a NextEntryOffset of ${next}`);
    }
    entries.push(read(next === 0 ? entry : new Reader(bytes.subarray(at, at + next), 4)));
    if (next === 0) break;
    at += next;
  }
  return entries;
}

/**
 * Writes such a list: `write` gets a writer that stands behind NextEntryOffset, in a fixed part of
 * `fixedLength` bytes. Entries are aligned to `alignment` bytes, the last one is not padded.
 */
export function writeChain<T>(
  entries: readonly T[],
  fixedLength: number,
  alignment: number,
  write: (w: Writer, entry: T) => void,
): Uint8Array {
  const w = new Writer();
  let previous = -1;
  for (const entry of entries) {
    w.align(alignment);
    const start = w.length;
    if (previous >= 0) w.setU32(previous, start - previous);
    previous = start;
    w.begin(fixedLength).u32(0);
    write(w, entry);
  }
  return w.bytes.slice(0, w.length);
}
