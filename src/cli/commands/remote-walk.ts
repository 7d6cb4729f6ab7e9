import { type DirectoryEntry, FileAttributes } from "../../core/index.ts";
import type { ShellContext } from "../context.ts";
import { matchesMask } from "../transfer/masks.ts";
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
  await listOne(context, mask, visitor, waiting);
  // Read and write in one pass: an array iterator sees what is pushed meanwhile.
  for (const directory of waiting) {
    visitor.enter?.(directory);
    try {
      await listOne(context, { directory, pattern: "*" }, visitor, waiting);
    } catch (error) {
      log.add(error);
    }
  }
}

async function listOne(
  context: ShellContext,
  mask: RemoteMask,
  visitor: WalkVisitor,
  waiting: string[],
): Promise<void> {
  const { settings, signal } = context;
  await phrased(
    (status) => `${status} listing ${displayMask(mask)}`,
    async () => {
      const listing = context.tree.list(mask.directory, { pattern: mask.pattern, signal });
      for await (const batch of listing) {
        const chosen =
          settings.mask === ""
            ? batch
            : batch.filter((entry) => isDirectory(entry) || matchesMask(settings.mask, entry.name));
        visitor.entries(mask.directory, chosen);
        if (!settings.recurse) continue;
        for (const entry of batch) {
          if (isWalkable(entry)) waiting.push(joinRemote(mask.directory, entry.name));
        }
      }
    },
  );
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
