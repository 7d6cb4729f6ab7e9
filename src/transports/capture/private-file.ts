import { closeSync, constants, fstatSync, lstatSync, openSync, rmSync } from "node:fs";
import { resolve } from "node:path";

/** Windows has no such flag, and no such links without privileges. */
const { O_NOFOLLOW = 0, O_CREAT, O_EXCL, O_WRONLY } = constants;

/**
 * Opens a new file at `path` for writing, readable by its owner only. A file of that name is removed
 * first: who may read it, or has it open, does not get to read ours. A link is not followed, and a pipe
 * (for a program that reads along) is taken only where it is our own. What lies in /dev is opened as it
 * is: `/dev/stdout`, `/dev/fd/3`.
 *
 * @returns the descriptor
 * @throws {Error} where a link, or what somebody else put there, stands in the way
 * @throws what `node:fs` throws otherwise
 */
export function createPrivateFile(path: string): number {
  if (/^\/dev\/(?:fd\/)?[^/]+$/.test(resolve(path))) return openSync(path, O_WRONLY);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSymbolicLink() === true) {
    throw new Error("it is a symbolic link, which is not followed");
  }
  if (found !== undefined && !found.isFile()) return openOwn(path);
  if (found !== undefined) rmSync(path);
  return openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

function openOwn(path: string): number {
  const descriptor = openSync(path, O_WRONLY | O_NOFOLLOW);
  if (fstatSync(descriptor).uid === process.geteuid?.()) return descriptor;
  closeSync(descriptor);
  throw new Error("it is owned by another user");
}
