import { SmbError } from "../errors.ts";

/**
 * What a server lists cannot be used: a name is no part of a path, a directory leads back to where it
 * lies, or the listing has no end. It concerns one entry or one directory, not the connection.
 */
export class DirectoryEntryError extends SmbError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("ERR_SMB_DIRECTORY_ENTRY", message, options);
  }
}

/**
 * The share-relative path of an entry that the listing of `directory` gave: the only way from a listed
 * name to a path. A server, or whoever makes files on its disk, decides what a listing holds: a name
 * with a separator would name another file, one with a colon a stream of another file.
 *
 * `asked` is a name that was asked for as it is: it may hold a colon.
 *
 * @throws {DirectoryEntryError} where the name is not one component of a path ([MS-FSCC] 2.1.5)
 */
export function entryPath(directory: string, name: string, asked?: string): string {
  const fault = entryNameFault(name, asked);
  if (fault !== undefined) {
    throw new DirectoryEntryError(
      `The entry ${quoted(name)} of \\${directory} cannot be used: ${fault}`,
    );
  }
  return joinRemote(directory, name);
}

/** What keeps a listed name from being one component of a path; undefined where nothing does. */
export function entryNameFault(name: string, asked?: string): string | undefined {
  if (name === "") return "it is empty";
  if (name === "." || name === "..") return "it stands for a directory";
  if (/[\\/]/.test(name)) return "it has a path separator in it";
  if (name.includes("\0")) return "it has a NUL character in it";
  if (name.includes(":") && name !== asked) {
    return "the server would take it for the stream of another file";
  }
  return undefined;
}

/** Joins share-relative paths. `name` is one that was typed or checked, never one from a listing. */
export function joinRemote(directory: string, name: string): string {
  return directory === "" ? name : `${directory}\\${name}`;
}

/** Control characters would let a name forge lines of a message. */
function quoted(name: string): string {
  const shown = name.length > 300 ? `${name.slice(0, 300)}…` : name;
  const visible = (unit: string): string =>
    `\\x${unit.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return `"${shown.replace(/\p{Cc}/gu, visible)}"`;
}
