import type { Io } from "../../io.ts";
import type { Question } from "./line-reader.ts";

/** Puts a question to the person at the keyboard; undefined where there is no answer. */
export type Asker = (question: Question) => Promise<string | undefined>;

/** The streams of a run while its terminal is in raw mode: questions go another way. */
export class TerminalIo implements Io {
  readonly #base: Io;
  readonly #ask: Asker;
  #isAtLineStart = true;

  constructor(base: Io, ask: Asker) {
    this.#base = base;
    this.#ask = ask;
  }

  get isTerminal(): boolean {
    return this.#base.isTerminal;
  }

  get isErrTerminal(): boolean {
    return this.#base.isErrTerminal;
  }

  get isInputTerminal(): boolean {
    return this.#base.isInputTerminal;
  }

  get columns(): number {
    return this.#base.columns;
  }

  out(text: string): void {
    this.#base.out(text);
    if (text !== "") this.#isAtLineStart = text.endsWith("\n");
  }

  err(text: string): void {
    this.#base.err(text);
    if (this.isErrTerminal && text !== "") this.#isAtLineStart = text.endsWith("\n");
  }

  async outBytes(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) this.#isAtLineStart = bytes.at(-1) === NEWLINE;
    await this.#base.outBytes(bytes);
  }

  drained(): Promise<void> {
    return this.#base.drained();
  }

  flush(): Promise<void> {
    return this.#base.flush();
  }

  async ask(question: string): Promise<string | undefined> {
    return this.#ask({ prompt: await this.#lastLine(question) });
  }

  async askSecret(question: string): Promise<string | undefined> {
    return this.#ask({ prompt: await this.#lastLine(question), isSecret: true });
  }

  /** A prompt can begin: what was written is on the screen, and ended. */
  async endLine(): Promise<void> {
    if (!this.#isAtLineStart) this.out("\n");
    await this.flush();
  }

  /** The part of a question that is on the line of the answer; the rest is printed. */
  async #lastLine(question: string): Promise<string> {
    const start = question.lastIndexOf("\n") + 1;
    if (start > 0) this.out(question.slice(0, start));
    await this.endLine();
    return question.slice(start);
  }
}

const NEWLINE = 0x0a;
