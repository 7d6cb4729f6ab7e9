import { NtStatusError } from "../nt-status-error.ts";
import { DirectoryEntryError } from "./entry-path.ts";
import {
  type WalkableTree,
  type WalkedBatch,
  WalkedDirectory,
  type WalkedEntry,
} from "./walked-directory.ts";

/** How many directories are listed ahead of the one whose entries are being taken. */
const LOOK_AHEAD = 4;

export interface WalkOptions {
  /** What to take in the first directory: a name or a mask; all by default. */
  readonly pattern?: string | undefined;
  /** Whether to go into directories; true by default. */
  readonly recurse?: boolean | undefined;
  /** Asked for each directory after the caller has taken it; without it all that may be entered are. */
  readonly enters?: ((directory: WalkedEntry) => boolean) | undefined;
  /** Lists some directories before their turn, also such as `enters` may refuse; true by default. */
  readonly listsAhead?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a walk comes to: an entry, or once more a directory whose listing met `error`. */
export interface WalkStep {
  readonly walked: WalkedEntry;
  readonly error?: unknown;
}

/**
 * Walks a directory of a share and yields what it holds, in the server's order, each directory before
 * what is in it. Links are yielded and not entered, and an entry whose name is not one is yielded with
 * its `fault`: neither ends the walk, and neither does a directory that cannot be listed. Leaving the
 * loop closes what is open on the server.
 *
 * @example
 * ```ts
 * for await (const { walked, error } of walkTree(photos, "2026")) {
 *   if (walked.path === undefined || error !== undefined) console.error(walked.fault ?? error);
 *   else console.log(walked.path, walked.entry.size);
 * }
 * ```
 *
 * @throws {NtStatusError} where the first directory cannot be listed or nothing matches
 */
export async function* walkTree(
  tree: WalkableTree,
  directory: string,
  options: WalkOptions = {},
): AsyncGenerator<WalkStep> {
  const start = WalkedDirectory.at(tree, directory, options);
  const listsAhead = options.recurse !== false && options.listsAhead !== false;
  // A stack rather than generators in generators: a step costs the same however deep it lies.
  const levels = [new Level(start.batches(options.pattern), listsAhead)];
  try {
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      const walked = level.take();
      if (walked !== undefined) {
        yield { walked };
        if (isEntered(walked, options)) levels.push(level.enter(walked));
        else level.giveUp(walked);
        continue;
      }
      const error = await level.fetch();
      if (level.hasMore) continue;
      levels.pop();
      await level.close();
      if (error === undefined) continue;
      if (level.owner === undefined || !isOfOneDirectory(error)) throw error;
      yield { walked: level.owner, error };
    }
  } finally {
    await Promise.all(levels.map((level) => level.close()));
  }
}

function isEntered(
  walked: WalkedEntry,
  { recurse, enters }: WalkOptions,
): walked is WalkedEntry & { readonly below: WalkedDirectory } {
  return walked.below !== undefined && recurse !== false && enters?.(walked) !== false;
}

/** What ends the listing of a directory below the first, and not the walk. */
function isOfOneDirectory(error: unknown): boolean {
  return error instanceof NtStatusError || error instanceof DirectoryEntryError;
}

type Batches = AsyncGenerator<WalkedBatch>;
type Result = IteratorResult<WalkedBatch>;

/** One directory of a walk that is being read, and some of those in it that are listed ahead. */
class Level {
  /** The entry that it is; undefined for the first one. */
  readonly owner: WalkedEntry | undefined;
  /** False once it was read to its end, or could not be read. */
  hasMore = true;
  readonly #batches: Batches;
  readonly #listsAhead: boolean;
  readonly #ahead = new Map<WalkedDirectory, Level>();
  /** Asked for before its turn. */
  #first: Promise<Result> | undefined;
  #entries: readonly WalkedEntry[] = [];
  #next = 0;
  /** Up to where the directories among these entries were asked for ahead. */
  #asked = 0;

  constructor(batches: Batches, listsAhead: boolean, owner?: WalkedEntry) {
    this.#batches = batches;
    this.#listsAhead = listsAhead;
    this.owner = owner;
  }

  /** The next entry, if it has arrived. */
  take(): WalkedEntry | undefined {
    const walked = this.#entries[this.#next];
    if (walked === undefined) return undefined;
    this.#next += 1;
    if (this.#listsAhead) this.#lookAhead();
    return walked;
  }

  /** Waits for more entries; resolves with what kept the server from sending them. */
  async fetch(): Promise<unknown> {
    try {
      const result = await (this.#first ?? this.#batches.next());
      this.#first = undefined;
      this.hasMore = result.done !== true;
      this.#entries = result.done === true ? [] : result.value.entries;
      this.#next = 0;
      this.#asked = 0;
      return undefined;
    } catch (error) {
      this.hasMore = false;
      return error;
    }
  }

  /** The level of a directory that was taken here. */
  enter(walked: WalkedEntry & { readonly below: WalkedDirectory }): Level {
    const ahead = this.#ahead.get(walked.below);
    this.#ahead.delete(walked.below);
    return ahead ?? new Level(walked.below.batches(), this.#listsAhead, walked);
  }

  /** An entry that was taken here and is not entered. */
  giveUp({ below }: WalkedEntry): void {
    const ahead = below === undefined ? undefined : this.#ahead.get(below);
    if (below === undefined || ahead === undefined) return;
    this.#ahead.delete(below);
    void ahead.close();
  }

  /** Gives back what is open on the server, here and ahead. Never rejects. */
  async close(): Promise<void> {
    const ahead = [...this.#ahead.values()].map((level) => level.close());
    await Promise.all([this.#batches.return(undefined).catch(() => {}), ...ahead]);
  }

  #lookAhead(): void {
    for (; this.#asked < this.#entries.length && this.#ahead.size < LOOK_AHEAD; this.#asked += 1) {
      const next = this.#entries[this.#asked];
      if (next?.below === undefined) continue;
      const level = new Level(next.below.batches(), true, next);
      level.#first = level.#batches.next();
      // Reported when its turn comes.
      level.#first.catch(() => {});
      this.#ahead.set(next.below, level);
    }
  }
}
