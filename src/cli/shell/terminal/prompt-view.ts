import type { Frame, SpanStyle } from "./line-layout.ts";

/** Something that keeps a frame on the screen, at the place where the cursor was first. */
export interface PromptView {
  /** Shows a frame in place of the one before. */
  show(frame: Frame): void;
  /** Leaves the last frame where it is, the cursor at the beginning of the line below. */
  finish(): void;
  /** Leaves the last frame and its cursor where they are: somebody else will clear them. */
  abandon(): void;
}

/** The part of a terminal that is written to. */
export interface Screen {
  readonly columns: number;
  readonly rows: number;
  write(text: string): void;
}

/** A span with its colours, if any. */
export type Paint = (text: string, style: SpanStyle) => string;

/** Up to the first row of a frame whose cursor is `rows` below it, and nothing from there on. */
export function clearFrom(rows: number): string {
  return `${rows > 0 ? `\x1b[${rows}A` : ""}\r\x1b[J`;
}

/** The rows of a frame with their colours. */
export function paintRows({ rows }: Frame, paint: Paint): string[] {
  return rows.map((row) => row.map(({ text, style }) => paint(text, style)).join(""));
}

/** What is seen until ink is loaded: the same rows, written plainly. */
export class EarlyView implements PromptView {
  readonly #screen: Screen;
  readonly #paint: Paint;
  #frame: Frame | undefined;

  constructor(screen: Screen, paint: Paint) {
    this.#screen = screen;
    this.#paint = paint;
  }

  show(frame: Frame): void {
    const rows = paintRows(frame, this.#paint);
    const clear = this.#frame === undefined ? "" : clearFrom(this.#frame.cursor?.y ?? 0);
    const last = frame.rows.length - 1;
    const { x, y } = frame.cursor ?? { x: 0, y: last };
    const up = last > y ? `\x1b[${last - y}A` : "";
    const right = x > 0 ? `\x1b[${x}C` : "";
    this.#screen.write(`${clear}${rows.join("\r\n")}${up}\r${right}`);
    this.#frame = frame;
  }

  finish(): void {
    if (this.#frame === undefined) return;
    const { rows, cursor } = this.#frame;
    const down = rows.length - 1 - (cursor?.y ?? rows.length - 1);
    this.#screen.write(`${down > 0 ? `\x1b[${down}B` : ""}\r\n`);
    this.#frame = undefined;
  }

  abandon(): void {
    this.#frame = undefined;
  }
}
