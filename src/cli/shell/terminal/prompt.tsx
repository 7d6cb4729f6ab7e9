/** @jsxRuntime automatic */
import { EventEmitter } from "node:events";
import { type Instance, render, Text, useCursor } from "ink";
import type { ReactNode } from "react";
import type { Frame } from "./line-layout.ts";
import { type Paint, type PromptView, paintRows, type Screen } from "./prompt-view.ts";

interface PromptProps {
  readonly frame: Frame;
  readonly paint: Paint;
}

/** A frame, and the terminal's own cursor in its place. */
function Prompt({ frame, paint }: PromptProps): ReactNode {
  const { setCursorPosition } = useCursor();
  setCursorPosition(frame.cursor);
  // ink gives text that is empty no row at all.
  return <Text>{paintRows(frame, paint).join("\n") || " "}</Text>;
}

/** Frames a second, at most: keys that come faster are shown together. */
const MAX_FPS = 120;

/** A view drawn by ink. */
export class InkView implements PromptView {
  readonly #output: InkOutput;
  readonly #paint: Paint;
  #instance: Instance | undefined;
  #frame: Frame | undefined;

  constructor(screen: Screen, paint: Paint) {
    this.#output = new InkOutput(screen);
    this.#paint = paint;
  }

  show(frame: Frame): void {
    this.#frame = frame;
    const prompt = <Prompt frame={frame} paint={this.#paint} />;
    if (this.#instance !== undefined) {
      this.#instance.rerender(prompt);
      return;
    }
    this.#instance = render(prompt, {
      stdout: this.#output as unknown as NodeJS.WriteStream,
      exitOnCtrlC: false,
      patchConsole: false,
      maxFps: MAX_FPS,
    });
  }

  finish(): void {
    if (this.#frame === undefined) return;
    // Without a cursor of its own ink leaves the terminal's below the frame.
    this.show({ rows: this.#frame.rows, cursor: undefined });
    this.#end();
  }

  abandon(): void {
    // What is still to be drawn is drawn now: the caller knows where the cursor of it is.
    this.#end();
  }

  #end(): void {
    this.#instance?.unmount();
    this.#instance = undefined;
    this.#frame = undefined;
  }
}

/**
 * The terminal as ink sees it. It never changes its size: what a resize does to the rows on the
 * screen is known better outside.
 */
class InkOutput extends EventEmitter {
  readonly isTTY = true;
  readonly columns: number;
  readonly rows: number;
  readonly #screen: Screen;

  constructor(screen: Screen) {
    super();
    this.#screen = screen;
    this.columns = screen.columns;
    this.rows = screen.rows;
  }

  write(text: string): boolean {
    this.#screen.write(text);
    return true;
  }
}
