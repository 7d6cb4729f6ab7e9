import type { DirectoryEntry } from "../../core/index.ts";
import { deltree } from "../commands/deltree.ts";
import { phrased } from "../commands/phrases.ts";
import { joinRemote, nothingMatches } from "../commands/remote-mask.ts";
import { isDirectory, isLink } from "../commands/remote-walk.ts";
import { displayRemote } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import { ShellState } from "../shell/shell-state.ts";
import { withoutPassword } from "../url.ts";
import { UsageError } from "../usage-error.ts";
import { type ConnectedPlace, type Job, locationOf } from "./job.ts";
import { placeJson } from "./json.ts";
import { maskOf, matching } from "./matching.ts";

/** `rm URL…`: deletes files; with -r directories and all that is in them. */
export async function rm(job: Job, operands: readonly string[]): Promise<void> {
  if (operands.length === 0) throw new UsageError("usage: smbx rm [-r] URL...");
  for (const operand of operands) {
    if (locationOf(operand).path === "") {
      throw new UsageError(`${withoutPassword(operand)}: the root of a share stays`);
    }
  }
  await job.forEachPlace(operands, (place) => removeMatching(job, place));
}

async function removeMatching(job: Job, place: ConnectedPlace): Promise<void> {
  const mask = maskOf(place.path);
  const entries: DirectoryEntry[] = [];
  for await (const batch of matching(place.tree, mask, job.signal)) entries.push(...batch);
  if (entries.length === 0) throw nothingMatches(mask);
  for (const entry of entries) {
    const path = joinRemote(mask.directory, entry.name);
    try {
      await removeOne(job, place, path, entry);
      if (job.isJson) job.emit({ event: "removed", ...placeJson(place, path) });
    } catch (error) {
      job.fail(error);
    }
  }
}

async function removeOne(
  job: Job,
  place: ConnectedPlace,
  path: string,
  entry: DirectoryEntry,
): Promise<void> {
  const { tree } = place;
  const shown = displayRemote(path);
  if (!isDirectory(entry)) {
    await phrased(
      (status) => `${status} deleting remote file ${shown}`,
      () => tree.unlink(path, { signal: job.signal }),
    );
  } else if (!job.isRecursive) {
    throw new StatedFailure(`${shown} is a directory: -r deletes it with all that is in it`);
  } else if (isLink(entry)) {
    await phrased(
      (status) => `${status} deleting remote directory ${shown}`,
      () => tree.rmdir(path, { signal: job.signal }),
    );
  } else {
    await deltree.run(shellFor(job, place), [`\\${path}`]);
  }
}

/** The shell's command does the work: it needs a shell's state. */
function shellFor(job: Job, { client, tree }: ConnectedPlace): ShellState {
  const { io, personality, options, environment } = job.run;
  return new ShellState({
    io,
    personality,
    settings: job.settings,
    client,
    tree,
    localCwd: environment.localCwd,
    debugLevel: options.debugLevel,
    signal: job.signal,
  });
}
