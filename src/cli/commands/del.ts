import type { Command } from "../command.ts";
import { displayRemote, type ShellContext } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { forEachParallel } from "./parallel.ts";
import { FailureLog, phrased } from "./phrases.ts";
import { nothingMatches, parseRemoteMask } from "./remote-mask.ts";
import { directoryOf, isChosen, listMatching } from "./remote-walk.ts";

export const del: Command = {
  names: ["del", "rm"],
  usage: "<mask>",
  summary: "delete all matching files",
  details:
    "Directories stay, and what is in them, whatever recurse says; see deltree. A mask is held against long names only; a short (8.3) name can be given as it is.",
  maxArguments: 1,
  completes: ["remote-path", "none"],
  async run(context, [text]) {
    if (text === undefined) throw new UsageError("del <filename>");
    const mask = parseRemoteMask(context, text);
    const log = new FailureLog(context);
    const files: string[] = [];
    await listMatching(directoryOf(context, mask), mask.pattern, ({ entries }) => {
      for (const { path, fault, isDirectory, entry } of entries) {
        if (isDirectory || !isChosen(context, entry)) continue;
        if (path === undefined) log.add(fault);
        else files.push(path);
      }
    });
    if (files.length + log.count === 0) throw nothingMatches(mask);
    await forEachParallel(files, context.settings.jobs, (file) => removeFile(context, file, log));
    log.finish();
  },
};

/** Deletes one file; a failure goes to `log`. */
export async function removeFile(
  context: ShellContext,
  path: string,
  log: FailureLog,
): Promise<void> {
  await context.io.drained();
  context.signal.throwIfAborted();
  try {
    await phrased(
      (status) => `${status} deleting remote file ${displayRemote(path)}`,
      () => context.tree.unlink(path),
    );
  } catch (error) {
    log.add(error);
  }
}
