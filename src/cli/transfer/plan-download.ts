import { join } from "node:path";
import {
  DirectoryEntryError,
  joinRemote,
  matchesMask,
  TransferError,
  type Tree,
  type WalkedDirectory,
  type WalkedEntry,
  walkTree,
} from "../../core/index.ts";
import type { DownloadItem } from "./environment.ts";
import { linkNotice } from "./link-notice.ts";
import type { DownloadPlan, PlanCandidate } from "./plan-options.ts";
import { quoteName, safeLocalName } from "./safe-name.ts";

/**
 * Walks a remote directory and yields what `plan` takes, in the server's order, while later parts are
 * still being listed. A directory comes before what is in it. What cannot be listed or named inside
 * the tree is yielded with an `error`; a link to a directory is left out with a notice.
 *
 * @throws {NtStatusError} NO_SUCH_FILE where nothing matches at the first level, or what listing it met
 */
export async function* planDownload(tree: Tree, plan: DownloadPlan): AsyncGenerator<DownloadItem> {
  yield* new DownloadWalk(plan).items(tree);
}

/** What a remote directory becomes locally. */
interface Level {
  readonly local: string;
  /** Below where the plan began; "" there. */
  readonly relative: string;
  /** The local names that are taken, where names change on the way. */
  readonly taken: Set<string>;
}

class DownloadWalk {
  readonly #plan: DownloadPlan;
  readonly #first: Level;
  /** Of the directories that are entered. */
  readonly #levels = new WeakMap<WalkedDirectory, Level>();

  constructor(plan: DownloadPlan) {
    this.#plan = plan;
    this.#first = { local: plan.localDirectory, relative: "", taken: new Set() };
  }

  async *items(tree: Tree): AsyncGenerator<DownloadItem> {
    const { directory, pattern, recurse, signal, choose } = this.#plan;
    const steps = walkTree(tree, directory, {
      ...{ pattern, recurse: recurse === true, signal },
      enters: ({ below }) => below !== undefined && this.#levels.has(below),
      // What somebody may still refuse is not listed before the answer.
      listsAhead: choose === undefined,
    });
    for await (const { walked, error } of steps) {
      const level = this.#levels.get(walked.directory) ?? this.#first;
      if (error !== undefined) yield this.#unlisted(walked, error);
      else if (!this.#isTaken(walked, level)) continue;
      else if (await this.#isChosen(walked, level)) yield this.#take(walked, level);
    }
  }

  /** A directory that was taken and could not be listed. */
  #unlisted({ path, directory, entry, below }: WalkedEntry, error: unknown): DownloadItem {
    const { local } = (below && this.#levels.get(below)) ?? this.#first;
    const remotePath = path ?? directory.path;
    return {
      remotePath,
      localPath: local,
      isDirectory: true,
      entry,
      error: asTransferError(error),
    };
  }

  /** The item of an entry that is taken; its contents follow if it has a place to go to. */
  #take(walked: WalkedEntry, level: Level): DownloadItem {
    const item = this.#item(walked, level);
    if (walked.below !== undefined && item.error === undefined) {
      const relative = joinRemote(level.relative, walked.entry.name);
      this.#levels.set(walked.below, { local: item.localPath, relative, taken: new Set() });
    }
    return item;
  }

  #isTaken(walked: WalkedEntry, level: Level): boolean {
    if (walked.isDirectory) return this.#isDirectoryTaken(walked, level);
    const { mask, recurse } = this.#plan;
    if (walked.directory.depth === 0 && recurse !== true) return true;
    return mask === undefined || mask === "" || matchesMask(mask, walked.entry.name);
  }

  #isDirectoryTaken(walked: WalkedEntry, level: Level): boolean {
    const { recurse, onDirectory, onNotice } = this.#plan;
    if (recurse !== true) onDirectory?.(candidateOf(walked, level));
    if (recurse !== true || walked.path === undefined) return recurse === true;
    if (walked.below === undefined) onNotice?.(linkNotice(walked.path));
    return walked.below !== undefined;
  }

  #isChosen(walked: WalkedEntry, level: Level): Promise<boolean> | boolean {
    return this.#plan.choose?.(candidateOf(walked, level)) ?? true;
  }

  #item(walked: WalkedEntry, level: Level): DownloadItem {
    const { entry, isDirectory, directory } = walked;
    // An entry without a path is named by its error alone.
    const base = { remotePath: walked.path ?? directory.path, isDirectory, entry };
    try {
      const name = safeLocalName(
        this.#plan.lowercase === true ? entry.name.toLowerCase() : entry.name,
      );
      if (walked.path === undefined) throw asTransferError(walked.fault);
      if (this.#plan.lowercase === true) claim(name, level.taken);
      return { ...base, localPath: join(level.local, name) };
    } catch (error) {
      return { ...base, localPath: level.local, error };
    }
  }
}

function candidateOf({ entry, isDirectory }: WalkedEntry, level: Level): PlanCandidate {
  const relativePath = joinRemote(level.relative, entry.name);
  return { name: entry.name, isDirectory, relativePath };
}

/** To a transfer, an entry that cannot be used is a file that was not moved. */
function asTransferError(error: unknown): unknown {
  if (!(error instanceof DirectoryEntryError)) return error;
  return new TransferError(error.message, { cause: error });
}

/** Two names that differ only in case become one with `lowercase`: the second must not win unseen. */
function claim(name: string, taken: Set<string>): void {
  if (taken.has(name)) {
    throw new TransferError(
      `${quoteName(name)} is not fetched: another name is the same in lower case`,
    );
  }
  taken.add(name);
}
