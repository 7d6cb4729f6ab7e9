import type { Io } from "../../src/cli/io.ts";

/** Streams that remember what was written, and a user who has typed everything in advance. */
export class FakeIo implements Io {
  readonly isTerminal: boolean;
  readonly isErrTerminal: boolean;
  readonly isInputTerminal: boolean;
  readonly columns = 80;
  stdout = "";
  stderr = "";
  /** Both streams in the order of writing. */
  transcript = "";
  readonly questions: string[] = [];
  readonly #answers: string[];

  constructor(options: { answers?: readonly string[]; isTerminal?: boolean } = {}) {
    this.#answers = [...(options.answers ?? [])];
    this.isTerminal = options.isTerminal ?? false;
    this.isErrTerminal = false;
    this.isInputTerminal = options.isTerminal ?? false;
  }

  out(text: string): void {
    this.stdout += text;
    this.transcript += text;
  }

  err(text: string): void {
    this.stderr += text;
    this.transcript += text;
  }

  async outBytes(bytes: Uint8Array): Promise<void> {
    this.out(Buffer.from(bytes).toString("latin1"));
  }

  async drained(): Promise<void> {}

  async flush(): Promise<void> {}

  async ask(question: string): Promise<string | undefined> {
    this.questions.push(question);
    return this.#answers.shift();
  }

  askSecret(question: string): Promise<string | undefined> {
    return this.ask(question);
  }
}
