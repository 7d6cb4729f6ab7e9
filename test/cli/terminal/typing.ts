import {
  type EditorState,
  type Effect,
  emptyLine,
} from "../../../src/cli/shell/terminal/editor-state.ts";
import type { Key } from "../../../src/cli/shell/terminal/keys.ts";
import { press } from "../../../src/cli/shell/terminal/line-editor.ts";

/** The name of a key, or text in quotes: `'hello'`. */
export function key(word: string): Key {
  const text = /^'(.*)'$/su.exec(word)?.[1];
  return text === undefined ? { name: word, text: "" } : { name: "text", text };
}

/** A line as tests write it: `|` is the cursor. */
export function line(
  text: string,
  history: readonly string[] = [],
  kills?: readonly string[],
): EditorState {
  const cursor = text.indexOf("|");
  return { ...emptyLine(history, kills), text: text.replace("|", ""), cursor };
}

export function shown({ text, cursor }: EditorState): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

/** Presses keys one after the other; the effects are those of all of them. */
export function type(
  state: EditorState,
  ...keys: readonly string[]
): { state: EditorState; effects: Effect[] } {
  const effects: Effect[] = [];
  let now = state;
  for (const word of keys) {
    const step = press(now, key(word));
    now = step.state;
    if (step.effect.type !== "none") effects.push(step.effect);
  }
  return { state: now, effects };
}
