import type { Command } from "../command.ts";
import { displayRemote, type ShellContext } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { forEachParallel } from "./parallel.ts";
import { FailureLog, phrased } from "./phrases.ts";
import { joinRemote, nothingMatches, parseRemoteMask } from "./remote-mask.ts";
import { isDirectory, type WalkVisitor, walkRemote } from "./remote-walk.ts";

export const del: Command = {
  names: ["del", "rm"],
  usage: "<mask>",
  summary: "delete all matching files",
  details:
    "Directories stay; with recurse on, the files in those that match are deleted too. See deltree.",
  maxArguments: 1,
  completes: ["remote-path", "none"],
  async run(context, [text]) {
    if (text === undefined) throw new UsageError("del <filename>");
    const mask = parseRemoteMask(context, text);
    const files: string[] = [];
    const log = new FailureLog(context);
    const visitor: WalkVisitor = {
      entries(directory, entries) {
        for (const entry of entries) {
          if (!isDirectory(entry)) files.push(joinRemote(directory, entry.name));
        }
      },
    };
    await walkRemote(context, mask, visitor, log);
    if (files.length === 0 && log.count === 0) throw nothingMatches(mask);
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
