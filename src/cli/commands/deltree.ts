import type { DirectoryEntry } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { displayRemote, type ShellContext } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { removeFile } from "./del.ts";
import { forEachParallel } from "./parallel.ts";
import { FailureLog, phrased } from "./phrases.ts";
import { joinRemote, nothingMatches, parseRemoteMask, type RemoteMask } from "./remote-mask.ts";
import { isDirectory, isDot, isLink, listMatching } from "./remote-walk.ts";

export const deltree: Command = {
  names: ["deltree"],
  usage: "<mask>",
  summary: "recursively delete all matching files and directories",
  details:
    "A link to a directory is removed and not followed. What cannot be removed is told, and the rest goes on (smbclient stops there).",
  maxArguments: 1,
  completes: ["remote-path", "none"],
  async run(context, [text]) {
    if (text === undefined) throw new UsageError("deltree <filename>");
    const mask = parseRemoteMask(context, text);
    const log = new FailureLog(context);
    const removal = new Removal(context, log);
    if ((await removal.contents(mask)) === 0) throw nothingMatches(mask);
    log.finish();
  },
};

/** Removes trees: the files of a directory side by side, then its subdirectories, then itself. */
class Removal {
  readonly #context: ShellContext;
  readonly #log: FailureLog;

  constructor(context: ShellContext, log: FailureLog) {
    this.#context = context;
    this.#log = log;
  }

  /** Removes all that `mask` names; tells how many entries that were. */
  async contents(mask: RemoteMask): Promise<number> {
    const { settings } = this.#context;
    const entries: DirectoryEntry[] = [];
    await listMatching(this.#context, mask, (batch) => {
      entries.push(...batch.filter((entry) => !isDot(entry)));
    });
    const files = entries.filter((entry) => !isDirectory(entry));
    await forEachParallel(files, settings.jobs, async (file) => {
      await removeFile(this.#context, joinRemote(mask.directory, file.name), this.#log);
      this.#stopAfterFailure();
    });
    for (const entry of entries) {
      if (isDirectory(entry)) await this.#directory(mask.directory, entry);
    }
    return entries.length;
  }

  async #directory(parent: string, entry: DirectoryEntry): Promise<void> {
    const { tree, signal } = this.#context;
    signal.throwIfAborted();
    const path = joinRemote(parent, entry.name);
    const failuresBefore = this.#log.count;
    try {
      if (!isLink(entry)) await this.contents({ directory: path, pattern: "*" });
      // With something left in it, its own failure would only repeat that.
      if (this.#log.count > failuresBefore) return;
      await phrased(
        (status) => `${status} deleting remote directory ${displayRemote(path)}`,
        () => tree.rmdir(path),
      );
    } catch (error) {
      this.#log.add(error);
    }
    this.#stopAfterFailure();
  }

  #stopAfterFailure(): void {
    if (this.#context.personality.habits.deltreeStopsAtFailure) this.#log.finish();
  }
}
