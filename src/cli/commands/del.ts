import type { Command } from "../command.ts";
import { displayRemote, type ShellContext } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { forEachParallel } from "./parallel.ts";
import { FailureLog, phrased } from "./phrases.ts";
import { joinRemote, nothingMatches, parseRemoteMask } from "./remote-mask.ts";
import { chosen, isDirectory, listMatching } from "./remote-walk.ts";

export const del: Command = {
  names: ["del", "rm"],
  usage: "<mask>",
  summary: "delete all matching files",
  details: "Directories stay, and what is in them, whatever recurse says; see deltree.",
  maxArguments: 1,
  completes: ["remote-path", "none"],
  async run(context, [text]) {
    if (text === undefined) throw new UsageError("del <filename>");
    const mask = parseRemoteMask(context, text);
    const files: string[] = [];
    await listMatching(context, mask, (batch) => {
      for (const entry of chosen(context, batch)) {
        if (!isDirectory(entry)) files.push(joinRemote(mask.directory, entry.name));
      }
    });
    if (files.length === 0) throw nothingMatches(mask);
    const log = new FailureLog(context);
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
