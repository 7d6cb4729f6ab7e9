/** A line as it was. */
export interface Snapshot {
  readonly text: string;
  readonly cursor: number;
}

/** An incremental search backwards through the history. */
export interface Search {
  readonly query: string;
  /** The line of the history that is shown. */
  readonly at: number;
  /** Nothing (more) contains the query: what is shown is the last match. */
  readonly hasFailed: boolean;
  /** The line before the search began, for Ctrl-G. */
  readonly before: Snapshot & { readonly historyAt: number };
}

/** What the last key was about: some keys do more when they are repeated. */
export type LastAction = "insert" | "kill" | "yank" | "complete" | "other";

/** All there is to know about a line that is being edited. Never changed in place. */
export interface EditorState extends Snapshot {
  /** Lines of before, oldest first. */
  readonly history: readonly string[];
  /** Which of them is shown; `history.length` is the new line. */
  readonly historyAt: number;
  /** Lines of the history (and the new one) as edited, for as long as this line lasts. */
  readonly edits: ReadonlyMap<number, string>;
  /** What was killed, newest last. It outlives the line. */
  readonly kills: readonly string[];
  /** Where the last yank stands and which kill it was. */
  readonly yanked: { readonly start: number; readonly index: number } | undefined;
  readonly undo: readonly Snapshot[];
  readonly search: Search | undefined;
  readonly last: LastAction;
}

/** What is to be done besides showing the new state. */
export type Effect =
  | { readonly type: "none" | "bell" | "end-of-input" | "interrupt" | "clear-screen" | "suspend" }
  | { readonly type: "submit"; readonly line: string }
  /** `isRepeated`: the key before was Tab too, so the candidates are to be listed. */
  | { readonly type: "complete"; readonly isRepeated: boolean };

/** The outcome of a key. */
export interface Step {
  readonly state: EditorState;
  readonly effect: Effect;
}

const NONE: Effect = { type: "none" };
const BELL: Effect = { type: "bell" };
/** A line that is edited longer than this can only be undone so far. */
const MAX_UNDO = 500;

/** An empty line behind `history`; `kills` are those of the lines before. */
export function emptyLine(
  history: readonly string[] = [],
  kills: readonly string[] = [],
): EditorState {
  return {
    text: "",
    cursor: 0,
    history,
    historyAt: history.length,
    edits: new Map(),
    kills,
    yanked: undefined,
    undo: [],
    search: undefined,
    last: "other",
  };
}

/** Nothing but the state changed. */
export function quietly(state: EditorState): Step {
  return { state, effect: NONE };
}

/** The key does nothing here. */
export function refused(state: EditorState): Step {
  return { state: { ...state, last: "other" }, effect: BELL };
}

/** The cursor elsewhere. */
export function moved(state: EditorState, cursor: number): Step {
  return quietly({ ...state, cursor, last: "other" });
}

/** Another text; what was before can be undone. Characters typed in a row are undone together. */
export function edited(
  state: EditorState,
  { text, cursor }: Snapshot,
  last: LastAction = "other",
): EditorState {
  const isOneMove = last === "insert" && state.last === "insert";
  const undo = isOneMove
    ? state.undo
    : [...state.undo, { text: state.text, cursor: state.cursor }].slice(-MAX_UNDO);
  return { ...state, text, cursor, undo, last };
}

/** `text` with `inserted` in place of what stands between two offsets, the cursor behind it. */
export function replaced(text: string, start: number, end: number, inserted: string): Snapshot {
  return {
    text: text.slice(0, start) + inserted + text.slice(end),
    cursor: start + inserted.length,
  };
}
