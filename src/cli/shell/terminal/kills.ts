import { type EditorState, edited, quietly, refused, replaced, type Step } from "./editor-state.ts";

/** So many kills are kept. */
const RING_SIZE = 32;

/** Takes the text between two offsets into the kill ring. Kills in a row become one. */
export function kill(state: EditorState, start: number, end: number): Step {
  if (start >= end) return refused(state);
  const killed = state.text.slice(start, end);
  const isBackward = end === state.cursor;
  const kills = state.last === "kill" ? joined(state.kills, killed, isBackward) : undefined;
  const next = edited(state, replaced(state.text, start, end, ""), "kill");
  return quietly({ ...next, kills: kills ?? [...state.kills, killed].slice(-RING_SIZE) });
}

function joined(kills: readonly string[], killed: string, isBackward: boolean): readonly string[] {
  const newest = kills.at(-1) ?? "";
  return [...kills.slice(0, -1), isBackward ? killed + newest : newest + killed];
}

/** Ctrl-Y: the newest kill again. */
export function yank(state: EditorState): Step {
  const index = state.kills.length - 1;
  const text = state.kills[index];
  if (text === undefined) return refused(state);
  const { cursor } = state;
  const next = edited(state, replaced(state.text, cursor, cursor, text), "yank");
  return quietly({ ...next, yanked: { start: cursor, index } });
}

/** Meta-Y after a yank: the kill before that one in its place, round and round. */
export function yankPop(state: EditorState): Step {
  const { yanked, kills } = state;
  if (state.last !== "yank" || yanked === undefined) return refused(state);
  const index = (yanked.index + kills.length - 1) % kills.length;
  const text = replaced(state.text, yanked.start, state.cursor, kills[index] ?? "");
  const next = edited(state, text, "yank");
  return quietly({ ...next, yanked: { start: yanked.start, index } });
}
