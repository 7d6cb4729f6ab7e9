import {
  type FileStat,
  hasWildcard,
  NtStatus,
  type Tree,
  type WalkedBatch,
  WalkedDirectory,
} from "../../core/index.ts";
import { isStatus, phrased } from "../commands/phrases.ts";
import { displayMask, type RemoteMask, splitRemote } from "../commands/remote-mask.ts";
import { leaveOut } from "../commands/remote-walk.ts";
import { UsageError } from "../usage-error.ts";
import type { ConnectedPlace, Job } from "./job.ts";

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
 * What matches `pattern` in a directory, batch by batch.
 *
 * @throws {StatedFailure} where the directory cannot be listed or nothing matches
 */
export async function* matching(
  directory: WalkedDirectory,
  pattern: string,
): AsyncGenerator<WalkedBatch> {
  const batches = directory.batches(pattern);
  try {
    for (;;) {
      const next = await phrased(
        (status) => `${status} listing ${displayMask({ directory: directory.path, pattern })}`,
        () => batches.next(),
      );
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await batches.return(undefined);
  }
}

/** The directories of a batch that a walk goes into; of the others it says why not. */
export function directoriesIn(job: Job, { entries }: WalkedBatch): readonly WalkedDirectory[] {
  const directories: WalkedDirectory[] = [];
  for (const walked of entries) {
    if (walked.below !== undefined) directories.push(walked.below);
    else if (walked.isDirectory) leaveOut(job.io, walked, (fault) => job.fail(fault));
  }
  return directories;
}

/**
 * Does `work` for each path that the path of a place names: those that match its mask, or itself. A
 * failure is reported and the rest goes on; output waits for its reader.
 */
export async function forEachMatch(
  job: Job,
  { tree, path }: ConnectedPlace,
  work: (path: string) => Promise<void>,
): Promise<void> {
  for (const each of await expand(tree, path, job)) {
    try {
      await work(each);
    } catch (error) {
      job.fail(error);
    }
    await job.io.drained();
  }
}

/** The paths that `path` names. What has no path has failed. */
async function expand(tree: Tree, path: string, job: Job): Promise<readonly string[]> {
  const mask = maskOf(path);
  if (!hasWildcard(mask.pattern)) return [path];
  const paths: string[] = [];
  const directory = WalkedDirectory.at(tree, mask.directory, { signal: job.signal });
  for await (const { entries } of matching(directory, mask.pattern)) {
    for (const walked of entries) {
      if (walked.path === undefined) job.fail(walked.fault);
      else paths.push(walked.path);
    }
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
