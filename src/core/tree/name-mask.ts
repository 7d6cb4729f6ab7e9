import { foldName } from "../wire/upper-case.ts";

/** The characters that make a name a mask ([MS-FSA] 2.1.4.3). */
const WILDCARDS = /[*?<>"]/;

/** Whether `text` is a mask rather than one name. */
export function hasWildcard(text: string): boolean {
  return WILDCARDS.test(text);
}

/**
 * Whether `name` matches `mask`, whatever the case, by [MS-FSA] 2.1.4.4: `*` any characters, `?` one,
 * and DOS's `<` (any but the last dot), `>` (one, or none at a dot or the end), `"` (a dot, or the end).
 * `*.*` matches names without a dot too.
 */
export function matchesMask(mask: string, name: string): boolean {
  if (mask === "" || name === "") return mask === name;
  if (mask === "*" || mask === "*.*") return true;
  return new MaskMatch(foldName(mask), foldName(name)).run();
}

/**
 * Walks the name once with the set of mask positions that are still possible, so that no mask takes
 * more than length x length steps.
 */
class MaskMatch {
  readonly #mask: string;
  readonly #name: string;
  readonly #lastDot: number;

  constructor(mask: string, name: string) {
    this.#mask = mask;
    this.#name = name;
    this.#lastDot = name.lastIndexOf(".");
  }

  run(): boolean {
    const { length } = this.#name;
    let positions = new Set<number>([0]);
    for (let index = 0; index < length && positions.size > 0; index += 1) {
      positions = this.#step(this.#withEmptyMatches(positions, index), index);
    }
    return this.#withEmptyMatches(positions, length).has(this.#mask.length);
  }

  /** Adds the positions reached without consuming a character of the name. */
  #withEmptyMatches(positions: Set<number>, index: number): Set<number> {
    const atEnd = index === this.#name.length;
    const atDot = this.#name.charAt(index) === ".";
    // A Set visits what is added while it is walked.
    for (const position of positions) {
      const token = this.#mask.charAt(position);
      const mayBeEmpty =
        token === "*" ||
        token === "<" ||
        (token === ">" && (atEnd || atDot)) ||
        (token === '"' && atEnd);
      if (mayBeEmpty) positions.add(position + 1);
    }
    return positions;
  }

  /** The positions reached by consuming the character at `index`. */
  #step(positions: Set<number>, index: number): Set<number> {
    const following = new Set<number>();
    for (const position of positions) {
      const next = this.#consume(position, index);
      if (next !== undefined) following.add(next);
    }
    return following;
  }

  #consume(position: number, index: number): number | undefined {
    const character = this.#name.charAt(index);
    const isDot = character === ".";
    switch (this.#mask.charAt(position)) {
      case "":
        return undefined;
      case "*":
        return position;
      case "<":
        return isDot && index === this.#lastDot ? undefined : position;
      case ">":
        return isDot ? undefined : position + 1;
      case "?":
        return position + 1;
      case '"':
        return isDot ? position + 1 : undefined;
      default:
        return this.#mask.charAt(position) === character ? position + 1 : undefined;
    }
  }
}
