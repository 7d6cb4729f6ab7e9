import { phrased } from "../commands/phrases.ts";
import { joinRemote } from "../commands/remote-mask.ts";
import { displayRemote } from "../context.ts";
import { withoutPassword } from "../url.ts";
import { UsageError } from "../usage-error.ts";
import { type ConnectedPlace, type Job, locationOf } from "./job.ts";
import { placeJson, slashed } from "./json.ts";
import { expand, isMask, nameOf, statIfThere } from "./matching.ts";

/** `mv URL… URL`: renames, or moves into a directory. What is there is never replaced. */
export async function mv(job: Job, operands: readonly string[]): Promise<void> {
  const sources = operands.slice(0, -1);
  const last = operands.at(-1);
  if (last === undefined || sources.length === 0) throw new UsageError("usage: smbx mv URL... URL");
  operands.forEach(locationOf);
  const target = await job.connect(last);
  const isDirectory = await namesDirectory(job, target);
  const isSingle = sources.length === 1 && !isMask(parsePath(sources[0]));
  if (!isDirectory && !isSingle) throw new UsageError(`${withoutPassword(last)} is no directory`);
  await job.forEachPlace(sources, async (source) => {
    if (source.tree !== target.tree) {
      throw new UsageError("mv stays within one share: use get and put to cross");
    }
    for (const from of await expand(source.tree, source.path, job.signal)) {
      const to = isDirectory ? joinRemote(target.path, nameOf(from)) : target.path;
      await move(job, source, from, to);
    }
  });
}

/** Only what is behind the last separator decides about a mask. */
function parsePath(operand: string | undefined): string {
  return (operand ?? "").replaceAll("/", "\\");
}

async function namesDirectory(
  job: Job,
  { location, tree, path }: ConnectedPlace,
): Promise<boolean> {
  const found = await statIfThere(tree, path, job.signal);
  if (found?.isDirectory === true) return true;
  if (location.hasTrailingSeparator) {
    throw new UsageError(`${displayRemote(path)} is no directory`);
  }
  return false;
}

async function move(job: Job, place: ConnectedPlace, from: string, to: string): Promise<void> {
  await phrased(
    (status) => `${status} renaming files ${displayRemote(from)} -> ${displayRemote(to)}`,
    () => place.tree.rename(from, to, { signal: job.signal }),
  );
  if (job.isJson) job.emit({ event: "renamed", ...placeJson(place, from), to: slashed(to) });
}
