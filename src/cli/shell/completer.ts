import { readdir } from "node:fs/promises";
import { resolve } from "node:path";
import {
  type DirectoryEntry,
  entryNameFault,
  FileAttributes,
  foldName,
  hasWildcard,
  type Tree,
} from "../../core/index.ts";
import type { ArgumentKind } from "../command.ts";
import { commandTableOf } from "../commands/index.ts";
import type { CommandTable } from "../commands/table.ts";
import { resolveRemote, type ShellContext } from "../context.ts";
import { printable } from "../render/printable.ts";
import { splitWords, type Word } from "./tokenizer.ts";

/** One way to go on. */
export interface Candidate {
  /** What replaces the word, quotes included. */
  readonly text: string;
  /** The last part of the name, safe to show. */
  readonly label: string;
  /** Nothing can follow inside this word: a blank may be added behind it. */
  readonly isFinal: boolean;
}

/** What could stand in place of `line.slice(start, cursor)`. */
export interface Completion {
  readonly start: number;
  readonly candidates: readonly Candidate[];
  /** There are more than these: what they have in common says nothing. */
  readonly isPartial?: boolean;
}

/** More names than this help nobody. */
const MAX_CANDIDATES = 1000;
const CACHE_MS = 3000;

/** Listings of the last seconds, so that the second Tab costs nothing. Keep one per shell. */
export class CompletionCache {
  readonly #now: () => number;
  readonly #entries = new Map<string, { readonly until: number; readonly names: Names }>();

  /** `now` gives milliseconds that only go forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  async get(key: string, list: () => Promise<Names>): Promise<Names> {
    const found = this.#entries.get(key);
    if (found !== undefined && found.until > this.#now()) return found.names;
    for (const [old, { until }] of this.#entries) {
      if (until <= this.#now()) this.#entries.delete(old);
    }
    const names = await list();
    this.#entries.set(key, { until: this.#now() + CACHE_MS, names });
    return names;
  }
}

type Names = readonly { readonly name: string; readonly isDirectory: boolean }[];

/**
 * The completions of the word that ends at `cursor`: a command, a remote or local path, a share.
 * Never throws: where nothing can be found out, or `signal` fires, there is nothing to offer.
 */
export async function complete(
  context: ShellContext,
  line: string,
  cursor: number,
  signal: AbortSignal,
  cache: CompletionCache = new CompletionCache(),
): Promise<Completion> {
  const before = line.slice(0, cursor);
  const words = splitWords(before);
  const last = words.at(-1);
  const isAtWord = last !== undefined && last.end === before.length;
  const word: Word = isAtWord ? last : { text: "", start: cursor, end: cursor, isOpen: false };
  const place = { context, signal, cache, word };
  try {
    const table = commandTableOf(context.personality);
    const kind = kindOf(table, words, isAtWord ? words.length - 1 : words.length);
    const candidates = await find[kind](place);
    const isPartial = candidates.length >= MAX_CANDIDATES;
    return { start: word.start, candidates, ...(isPartial ? { isPartial } : {}) };
  } catch {
    return { start: word.start, candidates: [] };
  }
}

interface Place {
  readonly context: ShellContext;
  readonly signal: AbortSignal;
  readonly cache: CompletionCache;
  readonly word: Word;
}

const find: Readonly<Record<ArgumentKind, (place: Place) => Promise<readonly Candidate[]>>> = {
  command: findCommands,
  "remote-path": findRemote,
  "remote-directory": async (place) => {
    const found = await findRemote(place);
    return found.filter((candidate) => !candidate.isFinal);
  },
  "local-path": findLocal,
  share: findShares,
  none: async () => [],
};

/** What the word at `index` of a line is. */
function kindOf(table: CommandTable, words: readonly Word[], index: number): ArgumentKind {
  const [first] = words;
  if (index === 0 && first?.text.startsWith("!") !== true) return "command";
  if (first === undefined) return "none";
  if (first.text.startsWith("!")) return index === 0 ? "none" : "local-path";
  const { completes } = table.find(first.text).command;
  return completes[Math.min(index - 1, completes.length - 1)] ?? "none";
}

async function findCommands({ context, word }: Place): Promise<readonly Candidate[]> {
  return commandTableOf(context.personality)
    .completions(word.text)
    .map((name) => ({ text: name, label: name, isFinal: true }));
}

async function findRemote({ context, signal, cache, word }: Place): Promise<readonly Candidate[]> {
  const { head, tail } = splitTyped(word.text);
  if (hasWildcard(tail)) return [];
  const { tree } = context;
  const directory = resolveRemote(context.cwd, head === "" ? "." : head);
  const key = `remote ${tree.treeId} ${directory}\\${tail}`;
  const names = await cache.get(key, () => listRemote(tree, directory, `${tail}*`, signal));
  return names.map((entry) => asCandidate(entry, head));
}

async function listRemote(
  tree: Tree,
  directory: string,
  pattern: string,
  signal: AbortSignal,
): Promise<Names> {
  const names: { name: string; isDirectory: boolean }[] = [];
  for await (const batch of tree.list(directory, { pattern, signal })) {
    for (const entry of batch) {
      // What no path can be made of cannot be typed either.
      if (entryNameFault(entry.name) === undefined) names.push(asName(entry));
    }
    if (names.length >= MAX_CANDIDATES) break;
  }
  return names.slice(0, MAX_CANDIDATES);
}

function asName(entry: DirectoryEntry): { name: string; isDirectory: boolean } {
  const isDirectory = (entry.attributes & FileAttributes.DIRECTORY) !== 0;
  return { name: entry.name, isDirectory };
}

async function findLocal({ context, cache, word }: Place): Promise<readonly Candidate[]> {
  const { head, tail } = splitTyped(word.text);
  const directory = resolve(context.localCwd, head);
  const names = await cache.get(`local ${directory}`, async () => {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, isDirectory: entry.isDirectory() }));
  });
  return names
    .filter(({ name }) => name.startsWith(tail) && (tail !== "" || !name.startsWith(".")))
    .slice(0, MAX_CANDIDATES)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => asCandidate(entry, head));
}

async function findShares({ context, signal, cache, word }: Place): Promise<readonly Candidate[]> {
  const names = await cache.get("shares", async () => {
    const shares = await context.client.listShares({ signal });
    return shares.map(({ name }) => ({ name, isDirectory: false }));
  });
  const wanted = foldName(word.text);
  return names
    .filter(({ name }) => foldName(name).startsWith(wanted))
    .map((entry) => asCandidate(entry, ""));
}

/** A path as typed: up to its last slash, and what follows. */
function splitTyped(text: string): { head: string; tail: string } {
  const at = Math.max(text.lastIndexOf("/"), text.lastIndexOf("\\")) + 1;
  return { head: text.slice(0, at), tail: text.slice(at) };
}

/** `head` with a name behind it, in the kind of slash the user types. */
function asCandidate(
  { name, isDirectory }: { readonly name: string; readonly isDirectory: boolean },
  head: string,
): Candidate {
  const slash = head.includes("\\") ? "\\" : "/";
  // Characters that cannot be shown cannot be typed either: `?` stands for them in every mask.
  const typed = `${head}${typeable(name)}${isDirectory ? slash : ""}`;
  const isQuoted = /[\s;]/.test(typed);
  // The quote of a directory stays open: its contents are to follow.
  const text = isQuoted ? `"${typed}${isDirectory ? "" : '"'}` : typed;
  return { text, label: `${printable(name)}${isDirectory ? slash : ""}`, isFinal: !isDirectory };
}

function typeable(name: string): string {
  const plain = name.replaceAll('"', "?");
  return printable(plain) === plain
    ? plain
    : [...plain]
        .map((character) => (printable(character) === character ? character : "?"))
        .join("");
}
