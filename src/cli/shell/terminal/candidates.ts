import { displayWidth } from "../../render/display-width.ts";
import type { Candidate, Completion } from "../completer.ts";
import { type EditorState, edited, replaced } from "./editor-state.ts";

/** What a completion leads to. */
export interface CompletionOutcome {
  /** The line as far as it is certain. */
  readonly state: EditorState;
  /** What is to be listed; empty where the line went on. */
  readonly listed: readonly Candidate[];
  /** There is nothing to add. */
  readonly isStuck: boolean;
}

/**
 * Puts into the line what all candidates have in common. Where that is nothing new and Tab was
 * pressed twice, they are to be listed.
 */
export function applyCompletion(
  state: EditorState,
  { start, candidates, isPartial = false }: Completion,
  isRepeated: boolean,
): CompletionOutcome {
  const [only] = candidates;
  if (only === undefined) return { state, listed: [], isStuck: true };
  if (candidates.length === 1) {
    return { state: finished(state, start, only), listed: [], isStuck: false };
  }
  const typed = state.text.slice(start, state.cursor);
  const common = commonPrefix(candidates.map(({ text }) => withoutQuotes(text)));
  const isNews = !isPartial && common.length > withoutQuotes(typed).length;
  if (!isNews) return { state, listed: isRepeated ? candidates : [], isStuck: true };
  const isQuoted = typed.startsWith('"') || /[\s;]/.test(common);
  const word = isQuoted ? `"${common}` : common;
  return { state: put(state, start, word), listed: [], isStuck: false };
}

/** The only candidate, and a blank where nothing more can follow in its word. */
function finished(state: EditorState, start: number, { text, isFinal }: Candidate): EditorState {
  const rest = state.text.slice(state.cursor);
  // The quote that was closed beforehand is the one that the candidate brings.
  const hasQuote = text.endsWith('"') && rest.startsWith('"');
  const word = hasQuote ? text.slice(0, -1) : text;
  const next = put(state, start, isFinal && !/^"?\s/.test(rest) && !hasQuote ? `${word} ` : word);
  return hasQuote ? { ...next, cursor: next.cursor + 1 } : next;
}

function put(state: EditorState, start: number, word: string): EditorState {
  return edited(state, replaced(state.text, start, state.cursor, word), "complete");
}

function withoutQuotes(text: string): string {
  return text.replaceAll('"', "");
}

/** What all texts begin with, in any case of letters; as the first one writes it. */
function commonPrefix(texts: readonly string[]): string {
  const [first = [], ...others] = texts.map((text) => [...text]);
  let length = 0;
  while (length < first.length) {
    const character = first[length]?.toLowerCase();
    if (!others.every((other) => other[length]?.toLowerCase() === character)) break;
    length += 1;
  }
  return first.slice(0, length).join("");
}

/** More names than this are not read by anybody. */
const MAX_LISTED = 300;

/** Labels in columns, sorted downwards as `ls` does; whole lines. */
export function inColumns(labels: readonly string[], columns: number): string {
  // As people sort: numbers by their value, capitals among small letters.
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  const shown = [...labels].sort(compare).slice(0, MAX_LISTED);
  const width = Math.max(...shown.map(displayWidth)) + 2;
  // The blanks behind the last column may be cut off.
  const across = Math.max(1, Math.floor((columns + 2) / width));
  const down = Math.ceil(shown.length / across);
  const lines = Array.from({ length: down }, (_, row) =>
    shown
      .filter((_label, index) => index % down === row)
      .map((label) => label + " ".repeat(width - displayWidth(label)))
      .join("")
      .trimEnd(),
  );
  if (labels.length > shown.length) lines.push("… and more");
  return `${lines.join("\n")}\n`;
}
