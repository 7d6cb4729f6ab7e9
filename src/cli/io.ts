/**
 * The streams of a run, injected so that commands can be tested and so that nothing but main.ts
 * touches `process`. `out` carries what was asked for, `err` what went wrong or is going on.
 */
export interface Io {
  /** Text to standard output; buffered, in order. Who writes in a loop awaits `drained` in it. */
  out(text: string): void;
  /** Text to standard error; it appears after all earlier `out` text. */
  err(text: string): void;
  /** Bytes to standard output (`get x -`, `cat`); resolves when the stream can take more. */
  outBytes(bytes: Uint8Array): Promise<void>;
  /**
   * Resolves when there is room for more text: at once, unless whoever reads it is slow. Never rejects; a
   * reader that has gone away makes room.
   */
  drained(): Promise<void>;
  /** Everything written so far has been handed to the system. Rejects if standard output is broken. */
  flush(): Promise<void>;
  /** One line from the user, without its end; undefined at end of input. `question` is shown first. */
  ask(question: string): Promise<string | undefined>;
  /** Like `ask`, without echo. */
  askSecret(question: string): Promise<string | undefined>;
  /** What was typed and not asked for yet, for a shell that reads the keyboard itself from now on. */
  takeTypedAhead?(): string;
  /** Standard output is a terminal that understands escape sequences. */
  readonly isTerminal: boolean;
  /** Standard error is one: where progress is drawn. */
  readonly isErrTerminal: boolean;
  /** Standard input is a terminal. */
  readonly isInputTerminal: boolean;
  /** Columns of the terminal, 80 where unknown. */
  readonly columns: number;
}
