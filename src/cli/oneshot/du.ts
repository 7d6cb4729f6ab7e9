import {
  DirectoryEntryError,
  isFileSize,
  type Tree,
  WalkedDirectory,
  type WalkedEntry,
} from "../../core/index.ts";
import { unknownSize } from "../commands/du.ts";
import { forEachParallel } from "../commands/parallel.ts";
import { phrased } from "../commands/phrases.ts";
import { displayRemote } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import { printable } from "../render/printable.ts";
import { formatSize } from "../render/size.ts";
import { UsageError } from "../usage-error.ts";
import type { Job } from "./job.ts";
import { placeJson, slashed } from "./json.ts";
import { directoriesIn, forEachMatch, matching } from "./matching.ts";

interface Sum {
  size: number;
  allocated: number;
  files: number;
  directories: number;
}

/** `du URL…`: the sums of all that lies in directories, each operand or match on a line. */
export async function du(job: Job, operands: readonly string[]): Promise<void> {
  if (operands.length === 0) throw new UsageError("usage: smbx du URL...");
  await job.forEachPlace(operands, (place) =>
    forEachMatch(job, place, async (path) => {
      const sum = await sumUp(job, place.tree, path);
      if (job.isJson) job.emit({ ...placeJson(place, path), ...sum });
      else job.io.out(`${sum.size}\t${formatSize(sum.size)}\t/${printable(slashed(path))}\n`);
    }),
  );
}

async function sumUp(job: Job, tree: Tree, path: string): Promise<Sum> {
  const stat = await phrased(
    (status) => `${status} listing ${displayRemote(path)}`,
    () => tree.stat(path, { signal: job.signal }),
  );
  const sum: Sum = { size: 0, allocated: 0, files: 0, directories: 0 };
  if (stat.isDirectory) {
    await addTree(job, tree, path, sum);
  } else {
    Object.assign(sum, { size: stat.size, allocated: stat.allocationSize, files: 1 });
  }
  return sum;
}

/** Goes level by level, several directories at once: listing is all waiting. */
async function addTree(job: Job, tree: Tree, root: string, sum: Sum): Promise<void> {
  let level = [WalkedDirectory.at(tree, root, { signal: job.signal })];
  while (level.length > 0) {
    const next: WalkedDirectory[] = [];
    await forEachParallel(level, job.settings.jobs, async (directory) => {
      try {
        await addDirectory(job, directory, sum, next);
      } catch (error) {
        if (!(error instanceof StatedFailure || error instanceof DirectoryEntryError)) throw error;
        job.fail(error);
      }
    });
    level = next;
  }
}

async function addDirectory(
  job: Job,
  directory: WalkedDirectory,
  sum: Sum,
  below: WalkedDirectory[],
): Promise<void> {
  for await (const batch of matching(directory, "*")) {
    for (const walked of batch.entries) addEntry(job, walked, sum);
    below.push(...directoriesIn(job, batch));
  }
}

function addEntry(job: Job, walked: WalkedEntry, sum: Sum): void {
  const { entry, isDirectory } = walked;
  if (isFileSize(entry.allocationSize)) sum.allocated += entry.allocationSize;
  if (isDirectory) {
    sum.directories += 1;
    return;
  }
  sum.files += 1;
  if (isFileSize(entry.size)) sum.size += entry.size;
  else job.fail(unknownSize(walked));
}
