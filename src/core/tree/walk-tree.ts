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
  yield* new TreeWalk(options).level(start.batches(options.pattern));
}

type Batches = AsyncGenerator<WalkedBatch>;

/** A listing whose first batch was asked for before its turn. */
interface Prefetched {
  readonly batches: Batches;
  readonly first: Promise<IteratorResult<WalkedBatch>>;
}

class TreeWalk {
  readonly #options: WalkOptions;

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  async *level(batches: Batches): AsyncGenerator<WalkStep> {
    for await (const { entries } of batches) yield* this.#batch(entries);
  }

  async *#batch(entries: readonly WalkedEntry[]): AsyncGenerator<WalkStep> {
    const ahead = new Map<WalkedDirectory, Prefetched>();
    const directories = this.#isAhead ? entries.flatMap(({ below }) => below ?? []) : [];
    let nextAhead = 0;
    try {
      for (const walked of entries) {
        for (; nextAhead < directories.length && ahead.size < LOOK_AHEAD; nextAhead += 1) {
          prefetch(directories[nextAhead], ahead);
        }
        yield { walked };
        if (this.#isEntered(walked)) yield* this.#below(walked, ahead);
        else giveUp(walked.below, ahead);
      }
    } finally {
      await Promise.all([...ahead.values()].map(({ batches }) => batches.return(undefined)));
    }
  }

  /** What is in a directory; where it cannot be listed, that is a step too. */
  async *#below(
    walked: WalkedEntry & { readonly below: WalkedDirectory },
    ahead: Map<WalkedDirectory, Prefetched>,
  ): AsyncGenerator<WalkStep> {
    const { below } = walked;
    const prefetched = ahead.get(below);
    ahead.delete(below);
    try {
      yield* this.level(prefetched === undefined ? below.batches() : resume(prefetched));
    } catch (error) {
      if (!(error instanceof NtStatusError || error instanceof DirectoryEntryError)) throw error;
      yield { walked, error };
    }
  }

  #isEntered(walked: WalkedEntry): walked is WalkedEntry & { readonly below: WalkedDirectory } {
    const { enters, recurse } = this.#options;
    return walked.below !== undefined && recurse !== false && enters?.(walked) !== false;
  }

  get #isAhead(): boolean {
    return this.#options.recurse !== false && this.#options.listsAhead !== false;
  }
}

function prefetch(
  directory: WalkedDirectory | undefined,
  ahead: Map<WalkedDirectory, Prefetched>,
): void {
  if (directory === undefined) return;
  const batches = directory.batches();
  const first = batches.next();
  // Reported when its turn comes.
  first.catch(() => {});
  ahead.set(directory, { batches, first });
}

/** A directory that was listed ahead and is not entered. */
function giveUp(
  directory: WalkedDirectory | undefined,
  ahead: Map<WalkedDirectory, Prefetched>,
): void {
  const prefetched = directory === undefined ? undefined : ahead.get(directory);
  if (directory === undefined || prefetched === undefined) return;
  ahead.delete(directory);
  prefetched.batches.return(undefined).catch(() => {});
}

/** Whoever leaves it in the middle closes the listing too, wherever it stands. */
async function* resume({ batches, first }: Prefetched): Batches {
  try {
    const result = await first;
    if (result.done === true) return;
    yield result.value;
    yield* batches;
  } finally {
    await batches.return(undefined);
  }
}
