import { isUtf8 } from "node:buffer";
import { existsSync, realpathSync } from "node:fs";
import { opendir } from "node:fs/promises";
import { resolve } from "node:path";
import { TransferError } from "../../core/index.ts";
import { REPLACEMENT } from "../argument-bytes.ts";
import { quoteName } from "./safe-name.ts";

/**
 * One name in a local directory. Local names are bytes, remote names are Unicode, and Node gives names as
 * text: where bytes are not UTF-8, that text is the name of another file or of none.
 */
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

/**
 * A local path as typed, from `directory` on.
 *
 * @throws {TransferError} where it has U+FFFD for bytes that are not UTF-8: what would be written to is
 *   another name than the one that was meant
 */
export function resolveLocal(directory: string, typed: string): string {
  const path = resolve(directory, typed);
  const at = path.lastIndexOf(REPLACEMENT);
  if (at === -1) return path;
  const end = path.indexOf("/", at);
  // There are names that really hold this character.
  if (existsSync(end === -1 ? path : path.slice(0, end))) return path;
  const what = typed.includes(REPLACEMENT) ? "this name" : "the name of the local directory";
  throw new TransferError(
    `${quoteName(typed)} is not used: ${what} is not UTF-8 (U+FFFD stands for its bytes) and cannot be given`,
  );
}

/**
 * Where a symbolic link leads.
 *
 * @throws {TransferError} where that has no name that can be written to
 */
export function linkTarget(path: string): string {
  const target = realpathSync.native(path, "buffer");
  if (isUtf8(target)) return target.toString();
  throw new TransferError(
    `${path} leads to ${quoteName(escapedBytes(target))}, a name that is not UTF-8 and cannot be used`,
  );
}
