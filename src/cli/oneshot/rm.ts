import { WalkedDirectory, type WalkedEntry } from "../../core/index.ts";
import { Removal } from "../commands/deltree.ts";
import { FailureLog, phrased } from "../commands/phrases.ts";
import { nothingMatches } from "../commands/remote-mask.ts";
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
  const start = WalkedDirectory.at(place.tree, mask.directory, { signal: job.signal });
  if (job.isRecursive) await start.identifyAncestors();
  const files: string[] = [];
  const directories: WalkedEntry[] = [];
  let count = 0;
  for await (const { entries } of matching(start, mask.pattern)) {
    count += entries.length;
    for (const walked of entries) {
      if (walked.path === undefined) job.fail(walked.fault);
      else if (walked.isDirectory) directories.push(walked);
      else files.push(walked.path);
    }
  }
  if (count === 0) throw nothingMatches(mask);
  for (const path of files) await removing(job, place, path, () => removeFile(job, place, path));
  for (const walked of directories) {
    await removing(job, place, walked.path, () => removeDirectory(job, place, walked));
  }
}

/** Removes one match; its failure is reported and the rest goes on. */
async function removing(
  job: Job,
  place: ConnectedPlace,
  path: string | undefined,
  remove: () => Promise<void>,
): Promise<void> {
  try {
    await remove();
    if (job.isJson && path !== undefined) {
      job.emit({ event: "removed", ...placeJson(place, path) });
    }
  } catch (error) {
    job.fail(error);
  }
  await job.io.drained();
}

async function removeFile(job: Job, { tree }: ConnectedPlace, path: string): Promise<void> {
  await phrased(
    (status) => `${status} deleting remote file ${displayRemote(path)}`,
    () => tree.unlink(path, { signal: job.signal }),
  );
}

/** As the shell's deltree does it. */
async function removeDirectory(
  job: Job,
  place: ConnectedPlace,
  walked: WalkedEntry,
): Promise<void> {
  if (!job.isRecursive) {
    throw new StatedFailure(
      `${displayRemote(walked.path ?? "")} is a directory: -r deletes it with all that is in it`,
    );
  }
  const shell = shellFor(job, place);
  const log = new FailureLog(shell);
  await new Removal(shell, log).directory(walked);
  log.finish();
}

/** The work of the shell's command needs a shell's state. */
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
