import type { TreeConnect } from "../tree/tree-connect.ts";

/** So many files in a row were replaced before the next one is expected to be, too. */
const ENOUGH = 4;

interface Replacements {
  readonly directory: string;
  readonly count: number;
}

const latest = new WeakMap<TreeConnect, Replacements>();

/**
 * Whether the name of a new file is probably taken, as those before it in its directory were: then a
 * frame that makes it only if it is not would be sent in vain. Files can be renamed there, that has
 * been seen.
 */
export function isProbablyTaken(tree: TreeConnect, path: string): boolean {
  const seen = latest.get(tree);
  return seen !== undefined && seen.directory === directoryOf(path) && seen.count >= ENOUGH;
}

/** A small file was written: by replacing another one, or as a new one. */
export function noteTaken(tree: TreeConnect, path: string, wasTaken: boolean): void {
  const directory = directoryOf(path);
  const seen = latest.get(tree);
  const count = seen?.directory === directory ? seen.count : 0;
  latest.set(tree, { directory, count: wasTaken ? count + 1 : 0 });
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("\\")));
}
