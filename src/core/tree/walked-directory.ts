import type { DirectoryEntry } from "../fscc/directory-information.ts";
import { FileAttributes } from "../fscc/file-attributes.ts";
import { isLink } from "../fscc/reparse-point.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { OnDiskId } from "../smb2/open-contexts.ts";
import type { ListOptions } from "./directory-listing.ts";
import { DirectoryEntryError, entryPath } from "./entry-path.ts";
import { hasWildcard } from "./name-mask.ts";
import type { CallOptions } from "./tree-connect.ts";

/** Deeper than any real tree: where directories cannot be told apart, a circle ends here. */
const DEEPEST = 256;
const ALL_ONES = 0xffff_ffff_ffff_ffffn;

/** What a walk needs of a share; a `Tree` is one. */
export interface WalkableTree {
  list(directory: string, options: ListOptions): AsyncIterable<readonly DirectoryEntry[]>;
  identify(path: string, options: CallOptions): Promise<OnDiskId | undefined>;
}

/** An entry of a walked directory and what may be done with it. */
export type WalkedEntry = {
  /** As the server listed it. */
  readonly entry: DirectoryEntry;
  readonly directory: WalkedDirectory;
  readonly isDirectory: boolean;
  /** It stands for something else: a symbolic link or a mount point. */
  readonly isLink: boolean;
  /** What is in it, for a directory that may be entered: links may not, unless named as they are. */
  readonly below: WalkedDirectory | undefined;
} & (
  | { /** Share-relative. */ readonly path: string; readonly fault?: undefined }
  | { readonly path?: undefined /** Why it has no path. */; readonly fault: DirectoryEntryError }
);

/** Part of a directory. */
export interface WalkedBatch {
  /** As listed, `.` and `..` included: to be shown, not to be opened. */
  readonly listed: readonly DirectoryEntry[];
  /** What is in the directory, without `.` and `..`. */
  readonly entries: readonly WalkedEntry[];
}

/**
 * A directory that a walk reads, and the one place that decides what a listed entry may become: a
 * path, a directory to go into, or neither. The order of a walk is its caller's; see `walkTree`.
 */
export class WalkedDirectory {
  /** Share-relative, "" for the root. */
  readonly path: string;
  readonly depth: number;
  readonly #tree: WalkableTree;
  readonly #signal: AbortSignal | undefined;
  readonly #parent: WalkedDirectory | undefined;
  /** What tells it from all others; undefined where the server does not say. */
  #identity: string | undefined;
  /** Of the directories above where the walk began; see `identifyAncestors`. */
  #above: readonly string[] = [];

  private constructor(
    place: { readonly tree: WalkableTree; readonly signal: AbortSignal | undefined },
    path: string,
    parent?: WalkedDirectory,
  ) {
    this.#tree = place.tree;
    this.#signal = place.signal;
    this.path = path;
    this.#parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }

  /** Where a walk begins. `path` was typed, not listed. */
  static at(tree: WalkableTree, path: string, options: CallOptions = {}): WalkedDirectory {
    return new WalkedDirectory({ tree, signal: options.signal }, path);
  }

  /**
   * Finds out which directories lie above where the walk begins, so that a link to one of them is
   * recognised at once rather than when the walk comes through it again: for walks that delete. One
   * round trip, all of them at once.
   */
  async identifyAncestors(): Promise<void> {
    const parts = this.path === "" ? [] : this.path.split("\\");
    const paths = parts.map((_, count) => parts.slice(0, count).join("\\"));
    const found = await Promise.all(paths.map((path) => this.#identify(path)));
    this.#above = found.flatMap((id) => identityOf(id) ?? []);
  }

  /**
   * What matches `pattern` (all by default), batch by batch; see `Tree.list`. Leaving the loop closes
   * the directory.
   *
   * @throws {DirectoryEntryError} where the directory is one of those that lead to it, or lies too deep
   * @throws {NtStatusError} where it cannot be listed
   */
  async *batches(pattern = "*"): AsyncGenerator<WalkedBatch> {
    if (this.depth > DEEPEST) {
      throw new DirectoryEntryError(`\\${this.path} lies too deep: a directory in itself?`);
    }
    const onOpened = (id: OnDiskId | undefined): void => {
      this.#identity = identityOf(id) ?? this.#identity;
    };
    const named = hasWildcard(pattern) ? undefined : pattern;
    const options = { pattern, signal: this.#signal, onOpened };
    let isFirst = true;
    for await (const listed of this.#tree.list(this.path, options)) {
      if (isFirst) this.#expectNew(listed);
      isFirst = false;
      const entries: WalkedEntry[] = [];
      for (const entry of listed) if (!isDot(entry)) entries.push(this.#judge(entry, named));
      yield { listed, entries };
    }
  }

  #judge(entry: DirectoryEntry, named: string | undefined): WalkedEntry {
    const isDirectory = (entry.attributes & FileAttributes.DIRECTORY) !== 0;
    const link = isLink(entry);
    const base = { entry, directory: this, isDirectory, isLink: link };
    try {
      const path = entryPath(this.path, entry.name, named);
      const mayEnter = isDirectory && (!link || named !== undefined);
      return { ...base, path, below: mayEnter ? this.#below(path, entry) : undefined };
    } catch (error) {
      if (!(error instanceof DirectoryEntryError)) throw error;
      return { ...base, fault: error, below: undefined };
    }
  }

  #below(path: string, entry: DirectoryEntry): WalkedDirectory {
    const place = { tree: this.#tree, signal: this.#signal };
    const below = new WalkedDirectory(place, path, this);
    below.#identity = listedIdentity(entry);
    return below;
  }

  /** @throws {DirectoryEntryError} where one of the directories that lead here is this one */
  #expectNew(listed: readonly DirectoryEntry[]): void {
    const self = listed.find(({ name }) => name === ".");
    if (self !== undefined) this.#identity ??= listedIdentity(self);
    if (this.#identity === undefined) return;
    let at = this.#parent;
    for (; at !== undefined; at = at.#parent) {
      if (at.#identity === this.#identity || at.#above.includes(this.#identity)) break;
    }
    if (at === undefined) return;
    throw new DirectoryEntryError(
      `\\${this.path} leads back to a directory that it lies in: it is not entered`,
    );
  }

  async #identify(path: string): Promise<OnDiskId | undefined> {
    try {
      return await this.#tree.identify(path, { signal: this.#signal });
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (error instanceof NtStatusError) return undefined;
      throw error;
    }
  }
}

function isDot({ name }: DirectoryEntry): boolean {
  return name === "." || name === "..";
}

/** A file's number counts together with its volume's: other volumes may be mounted in a share. */
function identityOf(id: OnDiskId | undefined): string | undefined {
  if (id === undefined || !saysSomething(id.diskFileId)) return undefined;
  return `${id.volumeId}/${id.diskFileId}`;
}

/** Where servers do not name the volume, the time of creation has to tell volumes apart. */
function listedIdentity({ fileId, creationTime }: DirectoryEntry): string | undefined {
  return saysSomething(fileId) ? `created ${creationTime}/${fileId}` : undefined;
}

/** [MS-FSCC] 2.1.9: 0 and all ones stand for "no number". */
function saysSomething(fileId: bigint): boolean {
  return fileId !== 0n && fileId !== ALL_ONES;
}
