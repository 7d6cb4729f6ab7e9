/** What a transfer tells of itself while it runs. Every method returns quickly and never throws. */
export interface TransferProgress {
  /** A file begins. `size` is undefined where nobody knows it yet (a pipe). */
  begin(file: string, size: number | undefined): FileProgress;
  /** `files` and `bytes` more are known to be to do; called while a tree is still being listed. */
  expect?(files: number, bytes: number): void;
  /** Everything is over, well or not: draw the last state, give the terminal back. Idempotent. */
  end(): void;
}

/** The progress of one file. Exactly one of `done` and `failed` ends it. */
export interface FileProgress {
  /** So many bytes more are safe on the other side; called per chunk. */
  advance(bytes: number): void;
  done(): void;
  failed(error: unknown): void;
}

const silentFile: FileProgress = { advance() {}, done() {}, failed() {} };

/** Says nothing: pipes, scripts, tests. */
export const silentProgress: TransferProgress = {
  begin: () => silentFile,
  end() {},
};
