import {
  type EditorState,
  type Effect,
  edited,
  moved,
  quietly,
  refused,
  replaced,
  type Step,
} from "./editor-state.ts";
import {
  nextBoundary,
  nextWordEnd,
  previousBlankSeparated,
  previousBoundary,
  previousWordStart,
} from "./graphemes.ts";
import { accepted, pressInSearch, startSearch, walk, walkTo } from "./history-walk.ts";
import type { Key } from "./keys.ts";
import { kill, yank, yankPop } from "./kills.ts";

type Action = (state: EditorState) => Step;

/** readline's keys in its emacs mode, as far as a single line has use for them. */
const ACTIONS: Readonly<Record<string, Action>> = {
  enter: (state) => ({ state, effect: { type: "submit", line: state.text } }),
  tab: (state) => ({
    state: { ...state, last: "complete" },
    effect: { type: "complete", isRepeated: state.last === "complete" },
  }),
  "ctrl-c": tells("interrupt"),
  "ctrl-l": tells("clear-screen"),
  "ctrl-z": tells("suspend"),
  "ctrl-a": (state) => moved(state, 0),
  "ctrl-e": (state) => moved(state, state.text.length),
  "ctrl-b": (state) => moved(state, previousBoundary(state.text, state.cursor)),
  "ctrl-f": (state) => moved(state, nextBoundary(state.text, state.cursor)),
  "meta-b": (state) => moved(state, previousWordStart(state.text, state.cursor)),
  "meta-f": (state) => moved(state, nextWordEnd(state.text, state.cursor)),
  backspace: (state) => remove(state, previousBoundary(state.text, state.cursor), state.cursor),
  delete: (state) => remove(state, state.cursor, nextBoundary(state.text, state.cursor)),
  "ctrl-d": (state) =>
    state.text === ""
      ? { state, effect: { type: "end-of-input" } }
      : remove(state, state.cursor, nextBoundary(state.text, state.cursor)),
  "ctrl-k": (state) => kill(state, state.cursor, state.text.length),
  "ctrl-u": (state) => kill(state, 0, state.cursor),
  "ctrl-w": (state) => kill(state, previousBlankSeparated(state.text, state.cursor), state.cursor),
  "meta-d": (state) => kill(state, state.cursor, nextWordEnd(state.text, state.cursor)),
  "meta-backspace": (state) =>
    kill(state, previousWordStart(state.text, state.cursor), state.cursor),
  "ctrl-y": yank,
  "meta-y": yankPop,
  "ctrl-t": transpose,
  "ctrl-_": undo,
  "ctrl-p": (state) => walk(state, -1),
  "ctrl-n": (state) => walk(state, 1),
  "meta-<": (state) => walkTo(state, 0),
  "meta->": (state) => walkTo(state, state.history.length),
  "ctrl-r": startSearch,
  "meta-.": insertLastWord,
};

/** Other keys for the same. */
const SYNONYMS: Readonly<Record<string, string>> = {
  home: "ctrl-a",
  end: "ctrl-e",
  left: "ctrl-b",
  right: "ctrl-f",
  up: "ctrl-p",
  down: "ctrl-n",
  "ctrl-left": "meta-b",
  "ctrl-right": "meta-f",
  "meta-left": "meta-b",
  "meta-right": "meta-f",
  "meta-delete": "meta-backspace",
  "ctrl-delete": "meta-d",
  "meta-_": "meta-.",
};

/** The state after a key, and what else is to be done. Pure; unknown keys do nothing. */
export function press(state: EditorState, key: Key): Step {
  if (state.search === undefined) return pressInLine(state, key);
  return pressInSearch(state, state.search, key) ?? pressInLine(accepted(state), key);
}

function pressInLine(state: EditorState, key: Key): Step {
  if (key.name === "text") return insert(state, key.text);
  const action = ACTIONS[SYNONYMS[key.name] ?? key.name];
  return action === undefined ? quietly(state) : action(state);
}

/** Text at the cursor. Characters that a terminal would obey are no part of a line. */
function insert(state: EditorState, text: string): Step {
  const plain = text.replaceAll("\t", " ").replace(/\p{Cc}/gu, "");
  if (plain === "") return quietly(state);
  return quietly(edited(state, replaced(state.text, state.cursor, state.cursor, plain), "insert"));
}

function remove(state: EditorState, start: number, end: number): Step {
  if (start >= end) return refused(state);
  return quietly(edited(state, replaced(state.text, start, end, "")));
}

function tells(type: "interrupt" | "clear-screen" | "suspend"): Action {
  const effect: Effect = { type };
  return (state) => ({ state: { ...state, last: "other" }, effect });
}

/** Ctrl-T: drags the character before the cursor over the one behind it. */
function transpose(state: EditorState): Step {
  const { text, cursor } = state;
  const middle = cursor === text.length ? previousBoundary(text, cursor) : cursor;
  const start = previousBoundary(text, middle);
  const end = nextBoundary(text, middle);
  if (start >= middle || middle >= end) return refused(state);
  const swapped = text.slice(middle, end) + text.slice(start, middle);
  return quietly(edited(state, replaced(text, start, end, swapped)));
}

function undo(state: EditorState): Step {
  const before = state.undo.at(-1);
  if (before === undefined) return refused(state);
  return quietly({ ...state, ...before, undo: state.undo.slice(0, -1), last: "other" });
}

/** Meta-.: the last word of the line before. */
function insertLastWord(state: EditorState): Step {
  const word = /(?:"[^"]*"?|\S)+$/.exec(state.history.at(-1) ?? "")?.[0];
  return word === undefined ? refused(state) : insert(state, word);
}
