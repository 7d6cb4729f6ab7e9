import { type DirectoryEntry, FileAttributes, matchesMask } from "../../core/index.ts";
import type { ShellContext } from "../context.ts";
import { type FailureLog, phrased } from "./phrases.ts";
import { displayMask, joinRemote, type RemoteMask } from "./remote-mask.ts";

/** What a walk meets. */
export interface WalkVisitor {
  /** Before the entries of a directory below the first level. */
  enter?(directory: string): void;
  /** Some entries of `directory`, in the server's order, `.` and `..` included. */
  entries(directory: string, entries: readonly DirectoryEntry[]): void;
}

/**
 * Lists what `mask` names and, with `recurse` on, the directories it finds, level by level. The
 * `mask` setting hides files. A directory below the first that cannot be listed goes to `log`.
 *
 * @throws {StatedFailure} where the first level cannot be listed
 */
export async function walkRemote(
  context: ShellContext,
  mask: RemoteMask,
  visitor: WalkVisitor,
  log: FailureLog,
): Promise<void> {
  const waiting: string[] = [];
  const take = (directory: string) => (batch: readonly DirectoryEntry[]) => {
    visitor.entries(directory, chosen(context, batch));
    if (!context.settings.recurse) return;
    for (const entry of batch) {
      if (isWalkable(entry)) waiting.push(joinRemote(directory, entry.name));
    }
  };
  await listMatching(context, mask, take(mask.directory));
  // Read and written in one pass: an array iterator sees what is pushed meanwhile.
  for (const directory of waiting) {
    visitor.enter?.(directory);
    try {
      await listMatching(context, { directory, pattern: "*" }, take(directory));
    } catch (error) {
      log.add(error);
    }
  }
}

/**
 * What `mask` names in its directory, batch by batch.
 *
 * @throws {StatedFailure} where the server refuses, or nothing matches
 */
export async function listMatching(
  context: ShellContext,
  mask: RemoteMask,
  take: (batch: readonly DirectoryEntry[]) => void,
): Promise<void> {
  const { tree, signal } = context;
  const { directory, pattern } = mask;
  await phrased(
    (status) => `${status} listing ${displayMask(mask)}`,
    async () => {
      for await (const batch of tree.list(directory, { pattern, signal })) take(batch);
    },
  );
}

/** The entries that the `mask` setting lets pass: it judges files only. */
export function chosen(
  { settings }: ShellContext,
  batch: readonly DirectoryEntry[],
): readonly DirectoryEntry[] {
  if (settings.mask === "") return batch;
  return batch.filter((entry) => isDirectory(entry) || matchesMask(settings.mask, entry.name));
}

export function isDirectory(entry: DirectoryEntry): boolean {
  return (entry.attributes & FileAttributes.DIRECTORY) !== 0;
}

/** A directory to go into: neither `.` nor `..`, nor a link, which might lead in circles. */
export function isWalkable(entry: DirectoryEntry): boolean {
  return isDirectory(entry) && !isLink(entry) && !isDot(entry);
}

export function isLink(entry: DirectoryEntry): boolean {
  return (entry.attributes & FileAttributes.REPARSE_POINT) !== 0;
}

export function isDot(entry: DirectoryEntry): boolean {
  return entry.name === "." || entry.name === "..";
}
