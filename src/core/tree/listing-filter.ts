import type { DirectoryEntry } from "../fscc/directory-information.ts";
import { DirectoryEntryError } from "./entry-path.ts";
import { hasWildcard, matchesMask } from "./name-mask.ts";

/**
 * What of a server's answers belongs to a listing. Servers match patterns against short names too, so
 * that `*.htm` finds `page.html`: what takes files away must not take those.
 */
export class ListingFilter {
  /** The pattern to send: servers leave out names without a dot for `*.*`, which means all. */
  readonly sent: string;
  /** Nothing is filtered out: an empty answer is an empty directory. */
  readonly takesAll: boolean;
  /** Several names may match. */
  readonly isMask: boolean;
  readonly #batches = new Set<string>();

  constructor(pattern: string) {
    this.sent = pattern === "*.*" ? "*" : pattern;
    this.takesAll = this.sent === "*";
    this.isMask = hasWildcard(pattern);
  }

  /**
   * The entries of one batch that belong to the listing.
   *
   * @throws {DirectoryEntryError} for a batch that was there before: such a listing would never end
   */
  take(batch: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
    if (!this.isMask) return this.#named(batch);
    const key = `${batch.length}/${batch[0]?.name}/${batch.at(-1)?.name}`;
    if (this.#batches.has(key)) {
      throw new DirectoryEntryError(
        "The server sends the same part of the listing again and again",
      );
    }
    this.#batches.add(key);
    if (this.takesAll) return batch;
    return batch.filter(({ name }) => matchesMask(this.sent, name));
  }

  /** The listing begins anew: what was there before comes again. */
  restart(): void {
    this.#batches.clear();
  }

  /** What a name without wildcards means: the long name, or else the short one. */
  #named(batch: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
    const asked = this.sent;
    const same = batch.find(({ name }) => name === asked);
    if (same !== undefined) return [same];
    const folded = batch.filter(({ name }) => matchesMask(asked, name));
    if (folded.length > 0) return distinct(folded);
    const short = batch.filter(({ shortName }) => matchesMask(asked, shortName));
    if (short.length > 0) return distinct(short);
    // Not every information class carries short names: then the server has to know what it found.
    const found = distinct(batch);
    return found.length === 1 && found[0]?.shortName === "" ? found : [];
  }
}

/** Each name once. */
function distinct(batch: readonly DirectoryEntry[]): readonly DirectoryEntry[] {
  return [...new Map(batch.map((entry) => [entry.name, entry])).values()];
}
