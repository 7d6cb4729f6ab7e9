/** A file or directory that a plan has come to, before it is taken. */
export interface PlanCandidate {
  /** Its name without a directory, as the side it is read from has it. */
  readonly name: string;
  readonly isDirectory: boolean;
  /** Its path below where the plan began: `sub/name` locally, `sub\name` remotely. */
  readonly relativePath: string;
}

/** What a plan of any direction may leave out. */
export interface PlanFilter {
  /** Go into directories. Without it, directories that match are passed over. */
  readonly recurse?: boolean;
  /** Asked for everything that matches, in order (mget's `prompt`); a directory refused is not read. */
  readonly choose?: (candidate: PlanCandidate) => Promise<boolean> | boolean;
  /** Names are made lower case on the target. */
  readonly lowercase?: boolean;
  readonly signal?: AbortSignal;
  /** Told what is passed over and why: sockets, devices. */
  readonly onNotice?: (message: string) => void;
  /** Told of each directory that matches and is passed over because `recurse` is off. */
  readonly onDirectory?: (candidate: PlanCandidate) => void;
}

/** What to fetch. */
export interface DownloadPlan extends PlanFilter {
  /** The remote directory to look in: share-relative, backslash-separated, "" for the root. */
  readonly directory: string;
  /** What to take there: a name or a mask. */
  readonly pattern: string;
  /** The local directory that receives it. */
  readonly localDirectory: string;
  /** In a recursive plan only files that match this mask are taken; "" or none takes all. */
  readonly mask?: string;
}

/** What to store. */
export interface UploadPlan extends PlanFilter {
  /** The local directory to look in. */
  readonly localDirectory: string;
  /**
   * What to take there: a name or a mask (`*` and `?`), whatever the case. A name that is there exactly
   * as it is written means that file alone.
   */
  readonly pattern: string;
  /** The remote directory that receives it: share-relative, backslash-separated. */
  readonly directory: string;
}
