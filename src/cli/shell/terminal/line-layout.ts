import { displayWidth } from "../../render/display-width.ts";
import { printable } from "../../render/printable.ts";
import type { EditorState } from "./editor-state.ts";
import { graphemes } from "./graphemes.ts";

/** What a piece of a row is, which decides how it looks. */
export type SpanStyle = "prompt" | "search" | "input" | "match";

/** Text in one style. */
export interface Span {
  readonly text: string;
  readonly style: SpanStyle;
}

/** A row of the terminal. */
export type Row = readonly Span[];

/** What is to be seen: rows that fit the terminal's width, and the cursor among them. */
export interface Frame {
  readonly rows: readonly Row[];
  /** Column and row, from 0; undefined hides it. */
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
}

/** What stands before the cursor and what behind it. */
function lineSpans(prompt: string, state: EditorState): { before: Span[]; after: Span[] } {
  const { text, cursor, search } = state;
  const isMatch = search !== undefined && search.query !== "" && !search.hasFailed;
  const matchEnd = isMatch ? cursor + search.query.length : cursor;
  return {
    before: [
      search === undefined
        ? { text: prompt, style: "prompt" }
        : { text: searchPrompt(search.query, search.hasFailed), style: "search" },
      { text: text.slice(0, cursor), style: "input" },
    ],
    after: [
      { text: text.slice(cursor, matchEnd), style: "match" },
      { text: text.slice(matchEnd), style: "input" },
    ],
  };
}

function searchPrompt(query: string, hasFailed: boolean): string {
  return `(${hasFailed ? "failed " : ""}reverse-i-search)\`${query}': `;
}

/** The size of the terminal. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** The frame of a line under `prompt`: wrapped where the terminal ends, cut where it is too high. */
export function lineFrame(prompt: string, state: EditorState, size: TerminalSize): Frame {
  const { before, after } = lineSpans(prompt, state);
  const wrapper = new Wrapper(size.columns);
  for (const span of before) wrapper.add(span);
  const cursor = wrapper.mark();
  for (const span of after) wrapper.add(span);
  // A terminal that is full to the brim would lose what stands above.
  return window({ rows: wrapper.rows, cursor }, Math.max(1, size.rows - 2));
}

/** Breaks spans into rows as a terminal does: in the last column, wide characters before it. */
class Wrapper {
  readonly rows: Span[][] = [[]];
  readonly #columns: number;
  #x = 0;

  constructor(columns: number) {
    this.#columns = Math.max(2, columns);
  }

  add({ text, style }: Span): void {
    let run = "";
    const end = (): void => {
      if (run !== "") this.rows.at(-1)?.push({ text: run, style });
      run = "";
    };
    for (const grapheme of graphemes(text)) {
      const shown = printable(grapheme.text);
      const width = shown === grapheme.text ? grapheme.width : displayWidth(shown);
      if (this.#x + width > this.#columns) {
        end();
        this.#newRow();
      }
      run += shown;
      this.#x += width;
    }
    end();
  }

  /** Where the next character will be. */
  mark(): { x: number; y: number } {
    if (this.#x >= this.#columns) this.#newRow();
    return { x: this.#x, y: this.rows.length - 1 };
  }

  #newRow(): void {
    this.rows.push([]);
    this.#x = 0;
  }
}

/** So many rows of a frame, those around the cursor. */
function window({ rows, cursor }: Frame, height: number): Frame {
  if (rows.length <= height || cursor === undefined) return { rows, cursor };
  const first = Math.min(Math.max(0, cursor.y - height + 1), rows.length - height);
  return {
    rows: rows.slice(first, first + height),
    cursor: { x: cursor.x, y: cursor.y - first },
  };
}

/** The columns that a row takes. */
export function rowWidth(row: Row): number {
  return row.reduce((width, span) => width + displayWidth(span.text), 0);
}

/**
 * On which row, counted from the first of `frame`, the cursor is after the terminal has become
 * `columns` wide: terminals break rows that have become too long.
 */
export function cursorRowAfterResize({ rows, cursor }: Frame, columns: number): number {
  if (cursor === undefined) return 0;
  const broken = rows
    .slice(0, cursor.y)
    .reduce((sum, row) => sum + Math.max(1, Math.ceil(rowWidth(row) / columns)), 0);
  return broken + Math.floor(cursor.x / columns);
}
