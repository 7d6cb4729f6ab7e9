import type { Io } from "../io.ts";

/** What a transfer tells of itself while it runs. Every method returns quickly and never throws. */
export interface TransferProgress {
  /**
   * The same items, looked at before it is their turn so that the whole is known early. `measure` says
   * what each of them adds to it.
   */
  survey<T>(items: Items<T>, measure: (item: T) => Measure): Items<T>;
  /** A file begins. `size` is undefined where nobody knows it yet. */
  begin(file: string, size: number | undefined): FileProgress;
  /** Prints whole lines: above what is drawn, or when a question is answered, but soon. */
  print(write: () => void): void;
  /** Every item will be asked for: none is looked at before its turn. */
  asksForEach(): void;
  /** Leaves the screen to a question until the result is called. */
  hold(): () => void;
  /** Everything is over, well or not: gives the terminal back. Idempotent. */
  end(): void;
}

/** What is to be moved, found while it is moved. */
export type Items<T> = Iterable<T> | AsyncIterable<T>;

/** What one item adds to the whole; `bytes` is undefined where its size is not known yet. */
export interface Measure {
  readonly files: number;
  readonly bytes: number | undefined;
}

/** The progress of one file. Exactly one of `done` and `failed` ends it. */
export interface FileProgress {
  /** So many bytes will be moved: what `begin` was told, known better. */
  expect(bytes: number): void;
  /** So many bytes of what is expected are there already, from an earlier transfer. */
  skip(bytes: number): void;
  /** So many bytes more are safe on the other side; called per chunk. */
  advance(bytes: number): void;
  done(): void;
  failed(error: unknown): void;
}

const silentFile: FileProgress = { expect() {}, skip() {}, advance() {}, done() {}, failed() {} };

/** Draws nothing: pipes, scripts, tests. */
export const silentProgress: TransferProgress = {
  survey: (items) => items,
  begin: () => silentFile,
  print: (write) => write(),
  asksForEach() {},
  hold: () => () => {},
  end() {},
};

/** Bars on standard error where that is a terminal, silence elsewhere. Call `end` in any case. */
export async function createProgress(io: Pick<Io, "isErrTerminal">): Promise<TransferProgress> {
  if (!io.isErrTerminal) return silentProgress;
  const { BarProgress } = await import("./progress-bars.ts");
  return new BarProgress(process.stderr);
}
