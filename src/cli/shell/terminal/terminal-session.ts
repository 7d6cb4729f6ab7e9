import { failureText } from "../../failure.ts";
import type { Interrupts } from "../../interrupts.ts";
import type { Io } from "../../io.ts";
import type { CommandOutcome } from "../../personality.ts";
import { CompletionCache, complete } from "../completer.ts";
import { BANNER } from "../line-shell.ts";
import type { ShellState } from "../shell-state.ts";
import { isBlank } from "../tokenizer.ts";
import { Keyboard, type KeyboardStream } from "./keyboard.ts";
import type { Key } from "./keys.ts";
import { LineReader, type Question } from "./line-reader.ts";
import type { InkViewFactory } from "./load-ink-view.ts";
import { PromptScreen } from "./prompt-screen.ts";
import type { Paint } from "./prompt-view.ts";
import { TerminalIo } from "./terminal-io.ts";

/** A terminal's output. */
export interface TerminalOutput {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
  on(event: "resize", listener: () => void): unknown;
  off(event: "resize", listener: () => void): unknown;
}

export interface TerminalSessionOptions {
  readonly input: KeyboardStream;
  readonly output: TerminalOutput;
  readonly io: Io;
  readonly interrupts: Interrupts;
  readonly paint: Paint;
  /** What was read from the input and not used. */
  readonly typedAhead?: string;
  /** Where ink comes from. */
  readonly loadInk: () => Promise<InkViewFactory>;
  /** Called where ink cannot be loaded; may print whole lines. */
  readonly onInkMissing?: (reason: unknown) => void;
}

export interface TerminalShellOptions {
  /** `-q`: no banner. */
  readonly quiet?: boolean;
}

/** A continuation this soon after our own is its echo. */
const CONTINUATION_MS = 500;

/**
 * The shell on a real terminal. The terminal is in raw mode from `run` to `close`, except while a
 * local program has it; nothing of ink is on the screen while a command runs.
 */
export class TerminalSession {
  /** What commands are to use instead of the streams that the session was made with. */
  readonly io: Io;
  readonly #io: TerminalIo;
  readonly #output: TerminalOutput;
  readonly #keyboard: Keyboard;
  readonly #screen: PromptScreen;
  readonly #reader: LineReader;
  readonly #loadInk: () => Promise<InkViewFactory>;
  readonly #onInkMissing: (reason: unknown) => void;
  readonly #release: () => void;
  readonly #cache = new CompletionCache();
  readonly #watched = new WeakSet<object>();
  #state: ShellState | undefined;
  #isLent = false;
  #isClosed = false;
  #isSuspended = false;
  #resumedAt = Number.NEGATIVE_INFINITY;

  constructor(options: TerminalSessionOptions) {
    const { output } = options;
    this.#output = output;
    this.#loadInk = options.loadInk;
    this.#onInkMissing = options.onInkMissing ?? (() => {});
    this.#io = new TerminalIo(options.io, (question) => this.#ask(question));
    this.io = this.#io;
    const write = (text: string): void => void output.write(text);
    this.#keyboard = new Keyboard(options.input, write, options.typedAhead);
    this.#screen = new PromptScreen(
      {
        get columns() {
          return output.columns || 80;
        },
        get rows() {
          return output.rows || 24;
        },
        write,
      },
      options.paint,
    );
    this.#reader = new LineReader(this.#keyboard, this.#screen);
    this.#reader.onSuspend = () => this.#suspend();
    this.#release = options.interrupts.takeOver(() => this.#interrupted());
  }

  /** Lends the terminal to a local program, in the mode it was in before us. */
  readonly withTerminal = async <T>(run: () => Promise<T>): Promise<T> => {
    await this.#io.endLine();
    this.#isLent = true;
    this.#keyboard.close();
    try {
      return await run();
    } finally {
      this.#isLent = false;
      if (!this.#isClosed) {
        this.#keyboard.open();
        this.#output.write(startOfLine(this.#screen.columns));
      }
    }
  };

  /** Line by line until `exit` or Ctrl-D. Resolves with how every command ended. */
  async run(state: ShellState, options: TerminalShellOptions = {}): Promise<CommandOutcome[]> {
    const outcomes: CommandOutcome[] = [];
    this.#state = state;
    if (options.quiet !== true) this.io.out(`${BANNER}\n`);
    this.#open();
    while (!state.isOver && !this.#isClosed) {
      const line = await this.#nextLine(state);
      if (line === undefined) break;
      if (isBlank(line)) continue;
      this.#keyboard.intercept = (key) => this.#pressedWhileRunning(key);
      outcomes.push(await state.run(line));
    }
    return outcomes;
  }

  /** Gives the terminal back. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
    this.#output.off("resize", this.#onResize);
    process.off("SIGCONT", this.#onContinue);
    this.#screen.finish();
    this.#keyboard.close();
  }

  #open(): void {
    this.#keyboard.open();
    this.#output.on("resize", this.#onResize);
    process.on("SIGCONT", this.#onContinue);
    // The first prompt does not wait for it. Without ink there are the same rows all the time.
    setImmediate(() => {
      this.#loadInk().then(
        (ink) => {
          if (!this.#isClosed) this.#screen.switchTo(ink);
        },
        (reason) => this.#screen.aside(() => this.#onInkMissing(reason)),
      );
    });
  }

  /** The next line that was typed; undefined at the end of input, "" after Ctrl-C. */
  async #nextLine(state: ShellState): Promise<string | undefined> {
    await this.#io.endLine();
    this.#keyboard.intercept = undefined;
    this.#watchConnection(state);
    const answer = await this.#reader.read({
      prompt: state.prompt,
      history: [...state.history],
      complete: (line, cursor, signal) => complete(state, line, cursor, signal, this.#cache),
    });
    if (answer.type === "interrupt") return "";
    return answer.type === "line" ? answer.line : undefined;
  }

  /** A question of a command. */
  async #ask(question: Question): Promise<string | undefined> {
    const { intercept } = this.#keyboard;
    this.#keyboard.intercept = undefined;
    try {
      const answer = await this.#reader.read(question);
      if (answer.type === "interrupt") this.#state?.interrupt();
      return answer.type === "line" ? answer.line : undefined;
    } finally {
      this.#keyboard.intercept = intercept;
    }
  }

  /** A key while a command runs. All but these are typed ahead. */
  #pressedWhileRunning({ name }: Key): boolean {
    switch (name) {
      case "ctrl-c":
        this.#keyboard.discard();
        this.#state?.interrupt();
        return true;
      case "ctrl-z":
        this.#suspend();
        return true;
      case "ctrl-\\":
        // The way out of a command that does not listen.
        this.#keyboard.close();
        process.kill(process.pid, "SIGQUIT");
        return true;
      default:
        return false;
    }
  }

  /** SIGINT, which the terminal itself does not send in raw mode. */
  #interrupted(): void {
    if (this.#isLent) return;
    if (this.#reader.isReading) this.#reader.interrupt();
    else this.#state?.interrupt();
  }

  /** Ctrl-Z: stops the whole job, as the terminal would have done. */
  #suspend(): void {
    this.#screen.finish();
    this.#keyboard.close();
    this.#isSuspended = true;
    process.kill(0, "SIGTSTP");
    // Where nobody could continue us we are not stopped at all, and nothing tells us so.
    setTimeout(() => this.#resume(), 50);
  }

  #resume(): void {
    if (!this.#isSuspended || this.#isClosed) return;
    this.#isSuspended = false;
    this.#resumedAt = performance.now();
    this.#keyboard.open();
    this.#reader.reappear();
  }

  readonly #onContinue = (): void => {
    if (this.#isSuspended) {
      this.#resume();
      return;
    }
    const isEcho = performance.now() - this.#resumedAt < CONTINUATION_MS;
    if (isEcho || this.#isLent || this.#isClosed) return;
    // Stopped by somebody else; the shell above us has changed the mode of the terminal.
    this.#keyboard.close();
    this.#keyboard.open();
    this.#reader.reappear();
  };

  readonly #onResize = (): void => this.#reader.redraw();

  /** A connection that is lost while nothing runs is told at once. */
  #watchConnection({ client, personality }: ShellState): void {
    const { session, target } = client;
    if (this.#watched.has(session)) return;
    this.#watched.add(session);
    void session.closed.then((error) => {
      if (error === undefined || this.#isClosed || !this.#reader.isReading) return;
      // The session that `logon` replaced has ended with the one that took its place.
      if (client.session !== session) return;
      const { message, notes } = failureText(error, personality);
      this.#screen.print(`Connection to ${target.host} lost: ${message}${notes}`);
    });
  }
}

/**
 * Moves to the beginning of a line, the next one where this one has begun: a mark and blanks as wide
 * as the terminal end there, and are erased.
 */
function startOfLine(columns: number): string {
  return `\x1b[2m⏎\x1b[m${" ".repeat(Math.max(0, columns - 1))}\r\x1b[K`;
}
