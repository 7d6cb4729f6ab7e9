import type { WalkedDirectory, WalkedEntry } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { displayRemote, type ShellContext } from "../context.ts";
import { HIDDEN_LINKS } from "../subcommand-help.ts";
import { UsageError } from "../usage-error.ts";
import { removeFile } from "./del.ts";
import { forEachParallel } from "./parallel.ts";
import { FailureLog, phrased } from "./phrases.ts";
import { nothingMatches, parseRemoteMask } from "./remote-mask.ts";
import { directoryOf, listMatching } from "./remote-walk.ts";

export const deltree: Command = {
  names: ["deltree"],
  usage: "<mask>",
  summary: "recursively delete all matching files and directories",
  details: `${HIDDEN_LINKS} Failures are reported; the rest is still deleted (smbclient stops there).`,
  maxArguments: 1,
  completes: ["remote-path", "none"],
  async run(context, [text]) {
    if (text === undefined) throw new UsageError("deltree <filename>");
    const mask = parseRemoteMask(context, text);
    const log = new FailureLog(context);
    const start = directoryOf(context, mask);
    await start.identifyAncestors();
    const removal = new Removal(context, log);
    if ((await removal.contents(start, mask.pattern)) === 0) throw nothingMatches(mask);
    log.finish();
  },
};

/** Removes trees: the files of a directory side by side, then its subdirectories, then itself. */
export class Removal {
  readonly #context: ShellContext;
  readonly #log: FailureLog;

  constructor(context: ShellContext, log: FailureLog) {
    this.#context = context;
    this.#log = log;
  }

  /** Removes all that `pattern` names in a directory; returns how many entries matched. */
  async contents(start: WalkedDirectory, pattern: string): Promise<number> {
    const files: string[] = [];
    const directories: WalkedEntry[] = [];
    let count = 0;
    // All of it first: what is removed meanwhile would make the server lose its place.
    await listMatching(start, pattern, ({ entries }) => {
      count += entries.length;
      for (const walked of entries) {
        if (walked.path === undefined) this.#log.add(walked.fault);
        else if (walked.isDirectory) directories.push(walked);
        else files.push(walked.path);
      }
    });
    if (this.#log.count > 0) this.#stopAfterFailure();
    await forEachParallel(files, this.#context.settings.jobs, async (file) => {
      await removeFile(this.#context, file, this.#log);
      this.#stopAfterFailure();
    });
    for (const walked of directories) await this.directory(walked);
    return count;
  }

  /** Removes a directory with all that is in it, or a link to one and nothing else. */
  async directory({ path, isLink, below }: WalkedEntry): Promise<void> {
    const { tree, signal } = this.#context;
    signal.throwIfAborted();
    if (path === undefined) return;
    const failuresBefore = this.#log.count;
    const wasEmptied = !isLink && below !== undefined;
    try {
      if (wasEmptied) await this.contents(below, "*");
      // With something left in it, its own failure would only repeat that.
      if (this.#log.count > failuresBefore) return;
      await phrased(
        (status) => `${status} deleting remote directory ${displayRemote(path)}`,
        () => tree.rmdir(path, { wasEmptied }),
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
