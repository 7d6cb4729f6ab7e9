import {
  type DirectoryEntry,
  type FileStat,
  hasWildcard,
  NtStatus,
  type Tree,
} from "../../core/index.ts";
import { isStatus, phrased } from "../commands/phrases.ts";
import { displayMask, joinRemote, type RemoteMask, splitRemote } from "../commands/remote-mask.ts";
import { isDot } from "../commands/remote-walk.ts";
import { UsageError } from "../usage-error.ts";

/** Whether the last part of a path is a mask. */
export function isMask(path: string): boolean {
  return hasWildcard(splitRemote(path).pattern);
}

/**
 * A path as a directory and a mask in it.
 *
 * @throws {UsageError} for wildcards in a directory's name
 */
export function maskOf(path: string): RemoteMask {
  const mask = splitRemote(path);
  if (hasWildcard(mask.directory)) {
    throw new UsageError(`${path}: wildcards are for the last part of a path only`);
  }
  return mask;
}

/** The last part of a path; "" for the root. */
export function nameOf(path: string): string {
  return splitRemote(path).pattern;
}

/**
 * The entries of a directory that match, batch by batch, without `.` and `..`.
 *
 * @throws {StatedFailure} where the directory cannot be listed or nothing matches
 */
export async function* matching(
  tree: Tree,
  mask: RemoteMask,
  signal: AbortSignal,
): AsyncGenerator<readonly DirectoryEntry[]> {
  const batches = tree.list(mask.directory, { pattern: mask.pattern, signal });
  for (;;) {
    const next = await phrased(
      (status) => `${status} listing ${displayMask(mask)}`,
      () => batches.next(),
    );
    if (next.done === true) return;
    yield next.value.filter((entry) => !isDot(entry));
  }
}

/** The paths that `path` names: those that match its mask, or itself. */
export async function expand(
  tree: Tree,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const mask = maskOf(path);
  if (!hasWildcard(mask.pattern)) return [path];
  const paths: string[] = [];
  for await (const batch of matching(tree, mask, signal)) {
    paths.push(...batch.map(({ name }) => joinRemote(mask.directory, name)));
  }
  return paths;
}

/** What lies at a path that has no mask: the statuses for "nothing" give undefined. */
export async function statIfThere(
  tree: Tree,
  path: string,
  signal: AbortSignal,
): Promise<Pick<FileStat, "isDirectory" | "fileId"> | undefined> {
  if (path === "") return { isDirectory: true, fileId: 0n };
  try {
    return await tree.stat(path, { signal });
  } catch (error) {
    if (isStatus(error, NtStatus.OBJECT_NAME_NOT_FOUND, NtStatus.OBJECT_PATH_NOT_FOUND)) {
      return undefined;
    }
    throw error;
  }
}
