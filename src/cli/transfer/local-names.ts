import { isUtf8 } from "node:buffer";
import { opendir } from "node:fs/promises";

/**
 * Local names are bytes, remote names are Unicode, and Node gives names as text: bytes that are not UTF-8
 * come out as this character, and such a name leads to another file or to none.
 */
export const REPLACEMENT = "\ufffd";

/** One name in a local directory. */
export interface LocalName {
  /** As text; with U+FFFD where the bytes mean nothing. */
  readonly text: string;
  /** Set where the name is not UTF-8, so that `text` is not its name: the bytes, to be shown. */
  readonly bytes?: string;
}

/**
 * The names in a local directory, in the file system's order, without `.` and `..`.
 *
 * @throws the system's error where it cannot be read
 */
export async function* localNames(directory: string): AsyncGenerator<LocalName> {
  // The types know no directories whose names are bytes.
  const options = { encoding: "buffer" as BufferEncoding, bufferSize: 256 };
  for await (const entry of await opendir(directory, options)) {
    const name = entry.name as unknown as Buffer;
    const text = name.toString();
    yield isUtf8(name) ? { text } : { text, bytes: escapedBytes(name) };
  }
}

/** `caf\xe9.txt`, as a shell takes it in `$'…'`. */
export function escapedBytes(name: Uint8Array): string {
  return [...name]
    .map((byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`,
    )
    .join("");
}
