import {
  type DirectoryEntry,
  FileAttributes,
  matchesMask,
  type WalkedBatch,
  WalkedDirectory,
  type WalkedEntry,
} from "../../core/index.ts";
import type { ShellContext } from "../context.ts";
import type { Io } from "../io.ts";
import { printable } from "../render/printable.ts";
import { linkNotice } from "../transfer/link-notice.ts";
import { type FailureLog, phrased } from "./phrases.ts";
import { displayMask, type RemoteMask } from "./remote-mask.ts";

/** What a walk meets. */
export interface WalkVisitor {
  /** Before the entries of a directory below the first level. */
  enter?(directory: string): void;
  /** Part of a directory, in the server's order. The next part waits until it is done. */
  batch(batch: WalkedBatch): Promise<void> | void;
}

/**
 * Lists what `mask` names and, with `recurse` on, the directories it finds, level by level. Links are
 * not entered, with a remark. A directory below the first that cannot be listed or named goes to `log`.
 *
 * @throws {StatedFailure} where the first level cannot be listed
 */
export async function walkRemote(
  context: ShellContext,
  mask: RemoteMask,
  visitor: WalkVisitor,
  log: FailureLog,
): Promise<void> {
  const waiting: WalkedDirectory[] = [];
  const take = async (batch: WalkedBatch): Promise<void> => {
    await visitor.batch(batch);
    // Before the next part is asked for: a listing may be larger than memory.
    await context.io.drained();
    if (!context.settings.recurse) return;
    for (const walked of batch.entries) {
      if (walked.below !== undefined) waiting.push(walked.below);
      else if (walked.isDirectory) leaveOut(context.io, walked, (fault) => log.add(fault));
    }
  };
  await listMatching(directoryOf(context, mask), mask.pattern, take);
  // Read and written in one pass: an array iterator sees what is pushed meanwhile.
  for (const directory of waiting) {
    visitor.enter?.(directory.path);
    try {
      await listMatching(directory, "*", take);
    } catch (error) {
      log.add(error);
    }
  }
}

/** The directory of a mask, for a walk that begins there. */
export function directoryOf({ tree, signal }: ShellContext, mask: RemoteMask): WalkedDirectory {
  return WalkedDirectory.at(tree, mask.directory, { signal });
}

/**
 * What matches `pattern` in a directory, batch by batch.
 *
 * @throws {StatedFailure} where the server refuses, or nothing matches
 */
export async function listMatching(
  directory: WalkedDirectory,
  pattern: string,
  take: (batch: WalkedBatch) => Promise<void> | void,
): Promise<void> {
  await phrased(
    (status) => `${status} listing ${displayMask({ directory: directory.path, pattern })}`,
    async () => {
      for await (const batch of directory.batches(pattern)) await take(batch);
    },
  );
}

/** Why a directory is not entered: a fault of its name to `fail`, a remark for a link. */
export function leaveOut(
  io: Pick<Io, "err">,
  walked: WalkedEntry,
  fail: (fault: unknown) => void,
): void {
  if (walked.path === undefined) fail(walked.fault);
  else io.err(`${printable(linkNotice(walked.path))}\n`);
}

/** Whether the `mask` setting lets an entry pass: it judges files only. */
export function isChosen({ settings }: ShellContext, entry: DirectoryEntry): boolean {
  return settings.mask === "" || isDirectory(entry) || matchesMask(settings.mask, entry.name);
}

function isDirectory(entry: DirectoryEntry): boolean {
  return (entry.attributes & FileAttributes.DIRECTORY) !== 0;
}
