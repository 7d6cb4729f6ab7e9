import { type FileStat, foldName, joinRemote } from "../../core/index.ts";
import { phrased } from "../commands/phrases.ts";
import { displayRemote } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import { withoutPassword } from "../url.ts";
import { UsageError } from "../usage-error.ts";
import { type ConnectedPlace, type Job, locationOf } from "./job.ts";
import { placeJson, slashed } from "./json.ts";
import { forEachMatch, isMask, nameOf, statIfThere } from "./matching.ts";

/** `mv URL… URL`: renames, or moves into a directory. What is there is never replaced. */
export async function mv(job: Job, operands: readonly string[]): Promise<void> {
  const sources = operands.slice(0, -1);
  const last = operands.at(-1);
  if (last === undefined || sources.length === 0) throw new UsageError("usage: smbx mv URL... URL");
  operands.forEach(locationOf);
  const target = await job.connect(last);
  const found = await findTarget(job, target);
  const isDirectory = found?.isDirectory === true;
  const isSingle = sources.length === 1 && !isMask(parsePath(sources[0]));
  if (!isDirectory && !isSingle) {
    throw new UsageError(`${withoutPassword(last)} is not a directory`);
  }
  await job.forEachPlace(sources, async (source) => {
    if (source.tree !== target.tree) {
      throw new UsageError("mv stays within one share: use get and put to cross");
    }
    const isItself = isSingle && isDirectory && (await isSame(job, source, target, found));
    await forEachMatch(job, source, async (from) => {
      const isInto = isDirectory && !isItself;
      if (isInto) refuseBelowItself(from, target.path);
      await move(job, source, from, isInto ? joinRemote(target.path, nameOf(from)) : target.path);
    });
  });
}

/** Only what is behind the last separator decides about a mask. */
function parsePath(operand: string | undefined): string {
  return (operand ?? "").replaceAll("/", "\\");
}

/** With 0, what a server answers that has no file ids. */
const ALL_ONES = 0xffff_ffff_ffff_ffffn;

type Found = Pick<FileStat, "isDirectory" | "fileId">;

async function findTarget(
  job: Job,
  { location, tree, path }: ConnectedPlace,
): Promise<Found | undefined> {
  const found = await statIfThere(tree, path, job.signal);
  if (found?.isDirectory !== true && location.hasTrailingSeparator) {
    throw new UsageError(`${displayRemote(path)} is not a directory`);
  }
  return found;
}

/**
 * Whether the directory that is to move is the target itself: then its name is to be spelled otherwise
 * (`mv folder FOLDER`). The server decides which names are one, by the file id where it has them.
 */
async function isSame(
  job: Job,
  source: ConnectedPlace,
  target: ConnectedPlace,
  found: Found,
): Promise<boolean> {
  if (target.path === "" || target.location.hasTrailingSeparator) return false;
  if (foldName(source.path) === foldName(target.path)) return true;
  if (found.fileId === 0n || found.fileId === ALL_ONES) return false;
  return (await statIfThere(source.tree, source.path, job.signal))?.fileId === found.fileId;
}

/** @throws {StatedFailure} where a directory is to go into itself, or below */
function refuseBelowItself(from: string, directory: string): void {
  if (!`${foldName(directory)}\\`.startsWith(`${foldName(from)}\\`)) return;
  throw new StatedFailure(
    `${displayRemote(from)} cannot be moved into itself, ${displayRemote(directory)}`,
  );
}

async function move(job: Job, place: ConnectedPlace, from: string, to: string): Promise<void> {
  await phrased(
    (status) => `${status} renaming files ${displayRemote(from)} -> ${displayRemote(to)}`,
    () => place.tree.rename(from, to, { signal: job.signal }),
  );
  if (job.isJson) job.emit({ event: "renamed", ...placeJson(place, from), to: slashed(to) });
}
