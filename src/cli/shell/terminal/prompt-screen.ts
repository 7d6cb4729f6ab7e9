import { cursorRowAfterResize, type Frame } from "./line-layout.ts";
import type { InkViewFactory } from "./load-ink-view.ts";
import { clearFrom, EarlyView, type Paint, type PromptView, type Screen } from "./prompt-view.ts";

/**
 * Keeps one frame at the bottom of what was printed. ink draws as soon as it is loaded; before that
 * the same is drawn plainly, so that nobody waits for the first prompt.
 */
export class PromptScreen {
  readonly #screen: Screen;
  readonly #paint: Paint;
  #ink: InkViewFactory | undefined;
  #view: PromptView | undefined;
  #frame: Frame | undefined;

  constructor(screen: Screen, paint: Paint) {
    this.#screen = screen;
    this.#paint = paint;
  }

  get columns(): number {
    return this.#screen.columns;
  }

  get rows(): number {
    return this.#screen.rows;
  }

  /** From now on ink draws. */
  switchTo(ink: InkViewFactory): void {
    this.#ink = ink;
    const frame = this.#frame;
    if (frame === undefined) return;
    this.clear();
    this.show(frame);
  }

  show(frame: Frame): void {
    this.#view ??= this.#createView();
    this.#view.show(frame);
    this.#frame = frame;
  }

  /** The frame becomes part of what was printed; the cursor is below it. */
  finish(): void {
    this.#view?.finish();
    this.#view = undefined;
    this.#frame = undefined;
  }

  /** Takes the frame away; what is printed now begins in its place. */
  clear(): void {
    const frame = this.#frame;
    if (frame === undefined) return;
    this.#leave();
    // The width is another one when the terminal has been resized.
    this.#screen.write(clearFrom(cursorRowAfterResize(frame, this.#screen.columns)));
  }

  /** An empty screen. */
  clearAll(): void {
    this.#leave();
    this.#screen.write("\x1b[H\x1b[2J");
  }

  /** Forgets the frame: what is on the screen is unknown. */
  forget(): void {
    this.#leave();
  }

  /** Prints something above the frame, or where the cursor is. Whole lines. */
  print(text: string): void {
    this.aside(() => this.#screen.write(text));
  }

  /** Calls `write`, which prints whole lines to the terminal in a way of its own. */
  aside(write: () => void): void {
    const frame = this.#frame;
    this.clear();
    write();
    if (frame !== undefined) this.show(frame);
  }

  bell(): void {
    this.#screen.write("\x07");
  }

  #leave(): void {
    this.#view?.abandon();
    this.#view = undefined;
    this.#frame = undefined;
  }

  #createView(): PromptView {
    return this.#ink?.(this.#screen, this.#paint) ?? new EarlyView(this.#screen, this.#paint);
  }
}
