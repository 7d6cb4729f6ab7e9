import { join } from "node:path";
import {
  type DirectoryEntry,
  FileAttributes,
  matchesMask,
  NtStatus,
  NtStatusError,
  TransferError,
  type Tree,
} from "../../core/index.ts";
import type { DownloadItem } from "./environment.ts";
import type { DownloadPlan, PlanCandidate } from "./plan-options.ts";
import { quoteName, safeLocalName } from "./safe-name.ts";

/** How many directories are listed ahead of the one whose files are being fetched. */
const LOOK_AHEAD = 4;
/** Deeper than any real tree: a server that shows a directory inside itself ends here. */
const DEEPEST = 256;

/**
 * Walks a remote directory and yields what `plan` takes, in the server's order, while later parts are
 * still being listed. A directory comes before what is in it. What cannot be listed or named inside
 * the tree is yielded with an `error`.
 *
 * @throws {NtStatusError} NO_SUCH_FILE where nothing matches at the first level, or what listing it met
 */
export async function* planDownload(tree: Tree, plan: DownloadPlan): AsyncGenerator<DownloadItem> {
  const walk = new DownloadWalk(tree, plan);
  const batches = tree.list(plan.directory, { pattern: plan.pattern, signal: plan.signal });
  yield* walk.level(batches, {
    remote: plan.directory,
    local: plan.localDirectory,
    relative: "",
    depth: 0,
  });
}

interface Level {
  /** Share-relative. */
  readonly remote: string;
  readonly local: string;
  /** Below where the plan began; "" there. */
  readonly relative: string;
  readonly depth: number;
}

type Batches = AsyncGenerator<readonly DirectoryEntry[]>;

/** A listing whose first batch was asked for before its turn. */
interface Prefetched {
  readonly batches: Batches;
  readonly first: Promise<IteratorResult<readonly DirectoryEntry[]>>;
}

class DownloadWalk {
  readonly #tree: Tree;
  readonly #plan: DownloadPlan;

  constructor(tree: Tree, plan: DownloadPlan) {
    this.#tree = tree;
    this.#plan = plan;
  }

  async *level(batches: Batches, level: Level): AsyncGenerator<DownloadItem> {
    const taken = new Set<string>();
    for await (const batch of batches) yield* this.#batch(batch, level, taken);
  }

  async *#batch(
    batch: readonly DirectoryEntry[],
    level: Level,
    taken: Set<string>,
  ): AsyncGenerator<DownloadItem> {
    const ahead = new Map<DirectoryEntry, Prefetched>();
    const directories = batch.filter((entry) => this.#isWalked(entry));
    let nextAhead = 0;
    try {
      for (const entry of batch) {
        if (!this.#isTaken(entry, level)) continue;
        while (nextAhead < directories.length && ahead.size < LOOK_AHEAD) {
          this.#prefetch(directories[nextAhead], level, ahead);
          nextAhead += 1;
        }
        if (!(await this.#isChosen(entry, level))) continue;
        yield* this.#entry(entry, level, taken, ahead);
      }
    } finally {
      for (const { batches } of ahead.values()) void batches.return(undefined);
    }
  }

  async *#entry(
    entry: DirectoryEntry,
    level: Level,
    taken: Set<string>,
    ahead: Map<DirectoryEntry, Prefetched>,
  ): AsyncGenerator<DownloadItem> {
    const item = this.#item(entry, level, taken);
    yield item;
    if (!isDirectory(entry) || item.error !== undefined) return;
    const prefetched = ahead.get(entry);
    ahead.delete(entry);
    yield* this.#below(item, prefetched, {
      remote: item.remotePath,
      local: item.localPath,
      relative: joinRemote(level.relative, entry.name),
      depth: level.depth + 1,
    });
  }

  /** What is in a directory; where it cannot be listed, that is an item too. */
  async *#below(
    directory: DownloadItem,
    prefetched: Prefetched | undefined,
    level: Level,
  ): AsyncGenerator<DownloadItem> {
    try {
      if (level.depth > DEEPEST)
        throw new TransferError("It lies too deep: a directory in itself?");
      const batches =
        prefetched === undefined
          ? this.#tree.list(level.remote, { signal: this.#plan.signal })
          : resume(prefetched);
      yield* this.level(batches, level);
    } catch (error) {
      // Some servers answer so for a directory that has not even dots in it.
      if (error instanceof NtStatusError && error.status === NtStatus.NO_SUCH_FILE) return;
      if (!(error instanceof NtStatusError || error instanceof TransferError)) throw error;
      yield { ...directory, error };
    }
  }

  #isWalked(entry: DirectoryEntry): boolean {
    return isDirectory(entry) && this.#plan.recurse === true && !isDotName(entry.name);
  }

  #isTaken(entry: DirectoryEntry, level: Level): boolean {
    const { mask, recurse } = this.#plan;
    if (isDotName(entry.name)) return false;
    if (isDirectory(entry)) {
      if (recurse !== true) this.#plan.onDirectory?.(candidateOf(entry, level));
      return recurse === true;
    }
    if (level.depth === 0 && recurse !== true) return true;
    return mask === undefined || mask === "" || matchesMask(mask, entry.name);
  }

  #isChosen(entry: DirectoryEntry, level: Level): Promise<boolean> | boolean {
    return this.#plan.choose?.(candidateOf(entry, level)) ?? true;
  }

  #item(entry: DirectoryEntry, level: Level, taken: Set<string>): DownloadItem {
    const remotePath = joinRemote(level.remote, entry.name);
    const base = { remotePath, isDirectory: isDirectory(entry), entry };
    try {
      const name = safeLocalName(
        this.#plan.lowercase === true ? entry.name.toLowerCase() : entry.name,
      );
      if (this.#plan.lowercase === true) claim(name, taken);
      return { ...base, localPath: join(level.local, name) };
    } catch (error) {
      return { ...base, localPath: level.local, error };
    }
  }

  /** A plan that asks before it goes on lists nothing that may be refused. */
  #prefetch(
    entry: DirectoryEntry | undefined,
    level: Level,
    ahead: Map<DirectoryEntry, Prefetched>,
  ): void {
    if (entry === undefined || this.#plan.choose !== undefined) return;
    if (isUnsafe(entry.name)) return;
    const remote = joinRemote(level.remote, entry.name);
    const batches = this.#tree.list(remote, { signal: this.#plan.signal });
    const first = batches.next();
    // Reported when its turn comes.
    first.catch(() => {});
    ahead.set(entry, { batches, first });
  }
}

async function* resume({ batches, first }: Prefetched): Batches {
  const result = await first;
  if (result.done === true) return;
  yield result.value;
  yield* batches;
}

function candidateOf(entry: DirectoryEntry, level: Level): PlanCandidate {
  const relativePath = joinRemote(level.relative, entry.name);
  return { name: entry.name, isDirectory: isDirectory(entry), relativePath };
}

function isDirectory(entry: DirectoryEntry): boolean {
  return (entry.attributes & FileAttributes.DIRECTORY) !== 0;
}

function isDotName(name: string): boolean {
  return name === "." || name === "..";
}

function isUnsafe(name: string): boolean {
  try {
    safeLocalName(name);
    return false;
  } catch {
    return true;
  }
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

/** Joins share-relative paths. */
export function joinRemote(directory: string, name: string): string {
  return directory === "" ? name : `${directory}\\${name}`;
}
