import {
  type EditorState,
  quietly,
  refused,
  type Search,
  type Snapshot,
  type Step,
} from "./editor-state.ts";
import type { Key } from "./keys.ts";

/** Shows another line of the history; the one that is left keeps its edits. */
export function walk(state: EditorState, by: number): Step {
  return walkTo(state, state.historyAt + by);
}

/** Shows the line at `index`: `history.length` is the new one. */
export function walkTo(state: EditorState, index: number): Step {
  if (index < 0 || index > state.history.length || index === state.historyAt) {
    return refused(state);
  }
  const edits = new Map(state.edits).set(state.historyAt, state.text);
  const text = edits.get(index) ?? state.history[index] ?? "";
  return quietly({ ...showing(state, { text, cursor: text.length }, index), edits });
}

/** Ctrl-R: begins a search backwards through the history. */
export function startSearch(state: EditorState): Step {
  const { text, cursor, historyAt } = state;
  const before = { text, cursor, historyAt };
  const search: Search = { query: "", at: historyAt, hasFailed: false, before };
  return quietly({ ...state, search, last: "other" });
}

/**
 * A key during a search. Undefined where it ends the search and means what it always means; the line
 * found stays.
 */
export function pressInSearch(state: EditorState, search: Search, key: Key): Step | undefined {
  switch (key.name) {
    case "text":
      return look(state, { ...search, query: search.query + key.text }, search.at);
    case "ctrl-r":
      return look(state, search, search.at - 1);
    case "ctrl-s":
      return look(state, search, search.at + 1, 1);
    case "backspace": {
      const query = [...search.query].slice(0, -1).join("");
      return look(state, { ...search, query }, search.before.historyAt);
    }
    case "ctrl-g":
      return quietly(showing(state, search.before, search.before.historyAt));
    case "escape":
      return quietly(accepted(state));
    default:
      return undefined;
  }
}

/** The end of a search: the line found is the line. */
export function accepted(state: EditorState): EditorState {
  return { ...state, search: undefined };
}

function look(state: EditorState, search: Search, from: number, direction: 1 | -1 = -1): Step {
  const { query, before } = search;
  if (query === "") {
    return quietly({ ...showing(state, before, before.historyAt), search: { ...search, query } });
  }
  for (let at = from; at >= 0 && at <= state.history.length; at += direction) {
    const text = at === before.historyAt ? before.text : (state.history[at] ?? "");
    const cursor = text.lastIndexOf(query);
    if (cursor >= 0) {
      const found = { ...search, at, hasFailed: false };
      return quietly({ ...showing(state, { text, cursor }, at), search: found });
    }
  }
  const failed = { ...state, search: { ...search, hasFailed: true } };
  return { state: failed, effect: { type: "bell" } };
}

function showing(state: EditorState, { text, cursor }: Snapshot, historyAt: number): EditorState {
  return { ...state, text, cursor, historyAt, undo: [], search: undefined, last: "other" };
}
