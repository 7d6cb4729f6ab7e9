import { foldName } from "../../core/index.ts";

/** A source and the path that it is to be stored at. */
export interface Claim {
  /** A full path of the side that is read. */
  readonly source: string;
  /** A full path of the side that is written. */
  readonly target: string;
  readonly isDirectory: boolean;
}

/**
 * The names that the sources of one run are stored under: two of them must not become one file, of
 * which the second would replace the first without a word. What is known of a directory is forgotten
 * when the run has left it.
 */
export class TargetClaims {
  readonly #separator: "/" | "\\";
  readonly #keepsAll: boolean;
  /** By directory, by what all spellings of a name have in common. */
  readonly #directories = new Map<string, Map<string, Claim>>();
  #current: Map<string, Claim> = new Map();
  #currentPath: string | undefined;

  /**
   * @param separator of the paths of the side that is written
   * @param keepsAll a directory may be come to again: several sources have contents for it
   */
  constructor(separator: "/" | "\\", keepsAll = false) {
    this.#separator = separator;
    this.#keepsAll = keepsAll;
  }

  /**
   * Takes note of `claim`, in the order of the sources. Returns an earlier one whose target is spelled
   * alike: the same path, or one that only some file systems tell from it. A source that comes twice is
   * no rival to itself, nor is a directory to one that has exactly its name: their contents meet.
   */
  rivalOf(claim: Claim): Claim | undefined {
    const cut = claim.target.lastIndexOf(this.#separator);
    const names = this.#enter(claim.target.slice(0, Math.max(cut, 0)));
    const key = alike(claim.target.slice(cut + 1));
    const before = names.get(key);
    if (before === undefined) {
      names.set(key, claim);
      return undefined;
    }
    const areDirectories = before.isDirectory && claim.isDirectory;
    const isNone =
      before.source === claim.source || (areDirectories && before.target === claim.target);
    return isNone ? undefined : before;
  }

  #enter(directory: string): Map<string, Claim> {
    if (directory === this.#currentPath) return this.#current;
    if (!this.#keepsAll) this.#forgetAllBut(directory);
    this.#current = this.#directories.get(directory) ?? new Map<string, Claim>();
    this.#directories.set(directory, this.#current);
    this.#currentPath = directory;
    return this.#current;
  }

  /** What is written goes down into a directory and comes back up: those on the way stay. */
  #forgetAllBut(directory: string): void {
    for (const each of this.#directories.keys()) {
      const isOnTheWay =
        each === "" || `${directory}${this.#separator}`.startsWith(`${each}${this.#separator}`);
      if (!isOnTheWay) this.#directories.delete(each);
    }
  }
}

const NOT_ASCII = /[\u0080-\uffff]/;

/** What is common to the spellings that some file system takes for one name: case, accents, final dots. */
function alike(name: string): string {
  const folded = foldName(NOT_ASCII.test(name) ? name.normalize("NFC") : name);
  return /[. ]$/.test(folded) ? folded.replace(/[. ]+$/, "") : folded;
}

/** Whether two of `names` may be one to some file system: then what is below them may meet. */
export function haveTwins(names: readonly string[]): boolean {
  return new Set(names.map(alike)).size < names.length;
}
