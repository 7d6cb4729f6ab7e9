import type { Io } from "../io.ts";

/** What a transfer tells of itself while it runs. Every method returns quickly and never throws. */
export interface TransferProgress {
  /** A file begins. `size` is undefined where nobody knows it yet. */
  begin(file: string, size: number | undefined): FileProgress;
  /** Leaves the screen to a question until the result is called. */
  hold(): () => void;
  /** Everything is over, well or not: draws the last state, gives the terminal back. Idempotent. */
  end(): void;
}

/** The progress of one file. Exactly one of `done` and `failed` ends it. */
export interface FileProgress {
  /** So many bytes will be moved: what `begin` was told, known better. */
  expect(bytes: number): void;
  /** So many bytes more are safe on the other side; called per chunk. */
  advance(bytes: number): void;
  done(): void;
  failed(error: unknown): void;
}

const silentFile: FileProgress = { expect() {}, advance() {}, done() {}, failed() {} };

/** Says nothing: pipes, scripts, tests. */
export const silentProgress: TransferProgress = {
  begin: () => silentFile,
  hold: () => () => {},
  end() {},
};

/** Bars on standard error where that is a terminal, silence elsewhere. Call `end` in any case. */
export async function createProgress(io: Pick<Io, "isErrTerminal">): Promise<TransferProgress> {
  if (!io.isErrTerminal) return silentProgress;
  const { BarProgress } = await import("./progress-bars.ts");
  return new BarProgress(process.stderr);
}
