import { isatty } from "node:tty";
import type { Io } from "./io.ts";
import { TerminalInput } from "./terminal-input.ts";

/** Where the texts of a run go. */
export interface ProcessIoOptions {
  /** `-E`: what goes to standard output goes to standard error; bytes of files do not. */
  readonly messagesToStderr: boolean;
  /** Questions go to standard output even where that is a pipe. */
  readonly asksOnStdout: boolean;
  /** Standard output was closed by its reader (`| head -1`): there is nobody left to write for. */
  readonly onReaderGone: () => void;
}

/** Text is collected up to so many characters before it is written within a turn. */
const BUFFER_LENGTH = 65_536;

/** So much may wait for slow readers, in characters or bytes, before those who write wait too. */
const MOST_UNREAD = 1 << 20;

/** The streams of this process. Text is written once per turn of the event loop. */
export class ProcessIo implements Io {
  readonly isTerminal: boolean = isSmartTerminal(1);
  readonly isErrTerminal: boolean = isSmartTerminal(2);
  readonly isInputTerminal: boolean = isatty(0);
  readonly #options: ProcessIoOptions;
  #pending: string[] = [];
  #pendingLength = 0;
  /** Handed to the streams and not taken by the system yet. */
  #unread = 0;
  #waiting: (() => void)[] = [];
  #isScheduled = false;
  #usesStdout = false;
  #failure: NodeJS.ErrnoException | undefined;
  #input: TerminalInput | undefined;

  constructor(options: ProcessIoOptions) {
    this.#options = options;
    // Whoever reads our errors may leave too; there is nowhere to complain about that.
    if (!this.isErrTerminal) process.stderr.on("error", () => {});
  }

  get columns(): number {
    return (this.isTerminal ? process.stdout.columns : process.stderr.columns) || 80;
  }

  out(text: string): void {
    if (this.#options.messagesToStderr) {
      this.#writeError(text);
      return;
    }
    this.#pending.push(text);
    this.#pendingLength += text.length;
    if (this.#pendingLength >= BUFFER_LENGTH) this.#writePending();
    else this.#schedule();
  }

  err(text: string): void {
    this.#writePending();
    this.#writeError(text);
  }

  async drained(): Promise<void> {
    while (this.#pendingLength + this.#unread > MOST_UNREAD) {
      this.#writePending();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  outBytes(bytes: Uint8Array): Promise<void> {
    this.#writePending();
    return this.#write(bytes);
  }

  async flush(): Promise<void> {
    this.#writePending();
    if (this.#usesStdout) await this.#write("");
  }

  async ask(question: string): Promise<string | undefined> {
    this.#showQuestion(question);
    return this.#terminalInput.readLine();
  }

  async askSecret(question: string): Promise<string | undefined> {
    if (this.isInputTerminal) {
      try {
        return await this.#terminalInput.readSecret(() => this.#showQuestion(question));
      } finally {
        // The line end that the user typed was not shown.
        this.#showQuestion("\n");
      }
    }
    this.#showQuestion(question);
    const line = await this.#terminalInput.readLine();
    // At the end of input smbclient writes on behind its question.
    if (line !== undefined || !this.#options.asksOnStdout) this.#showQuestion("\n");
    return line;
  }

  takeTypedAhead(): string {
    return this.#input?.takeRest() ?? "";
  }

  get #terminalInput(): TerminalInput {
    this.#input ??= new TerminalInput(process.stdin);
    return this.#input;
  }

  #showQuestion(question: string): void {
    if (this.#options.asksOnStdout || this.isTerminal) this.out(question);
    else if (question !== "") this.err(question);
    this.#writePending();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#writePending();
    });
  }

  #writePending(): void {
    if (this.#pending.length === 0) return;
    const text = this.#pending.join("");
    this.#pending = [];
    this.#pendingLength = 0;
    this.#write(text).catch(() => {
      // Kept in #failure: flush tells it.
    });
  }

  /** Rejects with the first failure of standard output, now and ever after. */
  #write(data: string | Uint8Array): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!this.#usesStdout) {
      this.#usesStdout = true;
      process.stdout.on("error", (error) => this.#fail(error));
    }
    this.#unread += data.length;
    return new Promise((resolve, reject) => {
      process.stdout.write(data, (error) => {
        this.#read(data.length);
        if (error === null || error === undefined) return resolve();
        this.#fail(error);
        reject(error);
      });
    });
  }

  #writeError(text: string): void {
    this.#unread += text.length;
    process.stderr.write(text, () => this.#read(text.length));
  }

  /** The system took so much, or never will. */
  #read(length: number): void {
    this.#unread -= length;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    if (error.code === "EPIPE") this.#options.onReaderGone();
  }
}

function isSmartTerminal(descriptor: number): boolean {
  return isatty(descriptor) && process.env["TERM"] !== "dumb";
}
