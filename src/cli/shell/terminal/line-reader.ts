import type { Completion } from "../completer.ts";
import { applyCompletion, inColumns } from "./candidates.ts";
import { type EditorState, type Effect, emptyLine } from "./editor-state.ts";
import type { Keyboard } from "./keyboard.ts";
import type { Key } from "./keys.ts";
import { press } from "./line-editor.ts";
import { type Frame, lineFrame } from "./line-layout.ts";
import type { PromptScreen } from "./prompt-screen.ts";

/** What is asked, and how it can be answered. */
export interface Question {
  readonly prompt: string;
  /** Lines of before, oldest first. */
  readonly history?: readonly string[];
  /** What is typed is not shown. */
  readonly isSecret?: boolean;
  /** What Tab does. It never rejects. */
  readonly complete?: (line: string, cursor: number, signal: AbortSignal) => Promise<Completion>;
}

/** How the reading of a line ended. */
export type Answer =
  | { readonly type: "line"; readonly line: string }
  | { readonly type: "end-of-input" | "interrupt" };

/** A completion that is being looked for. The next key cancels it, but Enter waits for it. */
interface PendingCompletion {
  readonly abort: AbortController;
  isRepeated: boolean;
  /** Enter was pressed: the line that runs is the one that was meant, with the name complete. */
  isToBeSubmitted: boolean;
}

/** Reads lines from a keyboard with a prompt on a screen, one at a time. */
export class LineReader {
  /** Ctrl-Z. */
  onSuspend: (() => void) | undefined;
  readonly #keyboard: Keyboard;
  readonly #screen: PromptScreen;
  #state: EditorState = emptyLine();
  #question: Question | undefined;
  #answer: ((answer: Answer) => void) | undefined;
  #pending: PendingCompletion | undefined;
  #isSuspended = false;

  constructor(keyboard: Keyboard, screen: PromptScreen) {
    this.#keyboard = keyboard;
    this.#screen = screen;
  }

  get isReading(): boolean {
    return this.#question !== undefined;
  }

  /** Shows the prompt and resolves when the line is complete. */
  read(question: Question): Promise<Answer> {
    return new Promise((resolve) => {
      this.#question = question;
      this.#answer = resolve;
      this.#state = emptyLine(question.history, this.#state.kills);
      this.#keyboard.onKeys = () => this.#pump();
      this.#pump();
    });
  }

  /** What Ctrl-C does, for those who send a signal instead. */
  interrupt(): void {
    if (this.#question === undefined) return;
    this.#press({ name: "ctrl-c", text: "" });
  }

  /** Shows the line again: the terminal has another size. */
  redraw(): void {
    if (this.#question === undefined || this.#isSuspended) return;
    this.#screen.clear();
    this.#screen.show(this.#frame());
  }

  /** Shows the line again, wherever the cursor is: somebody else had the screen. */
  reappear(): void {
    this.#isSuspended = false;
    if (this.#question === undefined) return;
    this.#screen.forget();
    this.#pump();
  }

  #pump(): void {
    if (this.#isSuspended) return;
    while (this.#question !== undefined) {
      if (this.#pending?.isToBeSubmitted === true) {
        // All keys but this one wait with the Enter.
        if (this.#keyboard.takeThrough("ctrl-c")) this.interrupt();
        return;
      }
      const key = this.#keyboard.take();
      if (key === undefined) {
        if (this.#keyboard.hasEnded) this.#finish({ type: "end-of-input" });
        else this.#screen.show(this.#frame());
        return;
      }
      this.#press(key);
      if (this.#isSuspended) return;
    }
  }

  #press(key: Key): void {
    if (this.#pending !== undefined && isAwaited(this.#pending, key)) return;
    this.#pending?.abort.abort();
    this.#pending = undefined;
    const { state, effect } = press(this.#state, key);
    this.#state = state;
    this.#obey(effect);
  }

  #obey(effect: Effect): void {
    switch (effect.type) {
      case "none":
        return;
      case "bell":
        this.#screen.bell();
        return;
      case "submit":
        this.#finish({ type: "line", line: effect.line });
        return;
      case "end-of-input":
        this.#finish({ type: "end-of-input" });
        return;
      case "interrupt":
        this.#finish({ type: "interrupt" });
        return;
      case "clear-screen":
        this.#screen.clearAll();
        return;
      case "suspend":
        this.#screen.show(this.#frame());
        this.#isSuspended = true;
        this.onSuspend?.();
        return;
      case "complete":
        this.#complete(effect.isRepeated);
    }
  }

  #finish(answer: Answer): void {
    this.#pending?.abort.abort();
    this.#pending = undefined;
    const mark = answer.type === "interrupt" ? "^C" : "";
    this.#screen.show(this.#frame(mark));
    this.#screen.finish();
    const resolve = this.#answer;
    this.#question = undefined;
    this.#answer = undefined;
    this.#keyboard.onKeys = undefined;
    resolve?.(answer);
  }

  /** The line as it is to be seen; `mark` is written behind it when it is over. */
  #frame(mark?: string): Frame {
    const { prompt = "", isSecret } = this.#question ?? {};
    const shown = isSecret === true ? emptyLine() : this.#state;
    if (mark === undefined) return lineFrame(prompt, shown, this.#screen);
    const text = shown.text + mark;
    return lineFrame(prompt, { ...shown, text, cursor: text.length }, this.#screen);
  }

  #complete(isRepeated: boolean): void {
    const complete = this.#question?.complete;
    if (complete === undefined) {
      this.#screen.bell();
      return;
    }
    const pending = { abort: new AbortController(), isRepeated, isToBeSubmitted: false };
    this.#pending = pending;
    const { text, cursor } = this.#state;
    void complete(text, cursor, pending.abort.signal).then((completion) => {
      if (this.#pending !== pending) return;
      this.#pending = undefined;
      this.#apply(completion, pending.isRepeated);
      if (pending.isToBeSubmitted) this.#press({ name: "enter", text: "" });
      this.#pump();
    });
  }

  #apply(completion: Completion, isRepeated: boolean): void {
    const { state, listed, isStuck } = applyCompletion(this.#state, completion, isRepeated);
    this.#state = state;
    if (listed.length > 0) {
      const labels = listed.map(({ label }) => label);
      this.#screen.finish();
      this.#screen.print(inColumns(labels, this.#screen.columns));
    } else if (isStuck) {
      this.#screen.bell();
    }
  }
}

/** Whether a key leaves the completion that is being looked for alone. */
function isAwaited(pending: PendingCompletion, { name }: Key): boolean {
  if (name === "tab") pending.isRepeated = true;
  else if (name === "enter") pending.isToBeSubmitted = true;
  else return false;
  return true;
}
