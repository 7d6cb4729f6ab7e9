import type { DirectoryEntry, Tree } from "../../core/index.ts";
import type { ShellSettings } from "../context.ts";
import type { TransferProgress } from "./progress.ts";
import type { TargetClaims } from "./target-claims.ts";

/** The settings that a transfer obeys. */
export type TransferSettings = Pick<ShellSettings, "keepTimes" | "inplace" | "jobs" | "ioSize"> &
  Partial<Pick<ShellSettings, "verify" | "partialFromBytes">>;

/** What a transfer works with; made by the command that starts it. */
export interface TransferEnvironment {
  readonly tree: Tree;
  readonly settings: TransferSettings;
  /** Aborted by Ctrl-C: everything in flight is cancelled and cleaned up. */
  readonly signal: AbortSignal;
  /** False lets downloads write to their final name at once, as smbclient does. Default: true. */
  readonly usesTemporaryNames?: boolean;
  readonly progress?: TransferProgress;
  /** What continues a transfer that was interrupted and kept, for a message: `reget`. */
  readonly continuedBy?: string;
  /** Called once for each file that arrived whole, in the order of completion. */
  readonly onFile?: (file: FinishedFile) => void;
  /** Called at once for each file that failed; it is also part of the result. */
  readonly onFailure?: (failure: TransferFailure) => void;
  /**
   * Called for each file that was left when something ended the run: cancelled, or not begun. What was not
   * listed yet is listed for it.
   */
  readonly onLeft?: () => void;
  /** Things a user should know that are no failure: a skipped socket, a file that grew. */
  readonly onNotice?: (message: string) => void;
  /** What was passed over, a pipe or a link to a directory, and why. */
  readonly onSkipped?: (message: string) => void;
  /** The names that are taken already, where a command moves its sources in several parts. */
  readonly targets?: TargetClaims;
  /** Resolves when whoever reads about files has room for more; see `Io.drained`. */
  readonly drained?: () => Promise<void>;
  /** Where a download to `-` goes; see `Io.outBytes`. */
  readonly outBytes?: (bytes: Uint8Array) => Promise<void>;
}

/** One file that was moved whole. */
export interface FinishedFile {
  readonly direction: "download" | "upload";
  /** Share-relative, backslash-separated. */
  readonly remotePath: string;
  readonly localPath: string;
  /** The file's size in bytes. */
  readonly size: number;
  /** What went over the wire: less than `size` after a resume or where holes were skipped. */
  readonly bytes: number;
  /** From the first request to the last reply. */
  readonly ms: number;
}

/** One file or directory that was not moved. */
export interface TransferFailure {
  /** As the side it was read from names it: remote for downloads, local for uploads. */
  readonly path: string;
  readonly remotePath: string;
  readonly localPath: string;
  readonly error: unknown;
}

/** The sum of many. */
export interface TransferSummary {
  readonly files: number;
  readonly bytes: number;
  /** Wall-clock time of the whole. */
  readonly ms: number;
  readonly failures: readonly TransferFailure[];
}

/** How one file is to be moved. */
export interface TransferOptions {
  /** Go on where an earlier transfer stopped (reget, reput). */
  readonly resume?: boolean;
  /** An upload that can be read only once looks first whether a directory has the name. */
  readonly looksFirst?: boolean;
}

/** Something to fetch. A directory is made locally, with nothing in it. */
export interface DownloadItem {
  /** Share-relative, backslash-separated. */
  readonly remotePath: string;
  /** `-` is standard output. */
  readonly localPath: string;
  readonly isDirectory?: boolean;
  /** From a listing: saves round trips. The file is fetched as it is by then all the same. */
  readonly entry?: Pick<DirectoryEntry, "size" | "allocationSize" | "attributes">;
  /** Set by a plan that could not name this file or list this directory: reported, not fetched. */
  readonly error?: unknown;
}

/** Something to store. A directory is made remotely, with nothing in it. */
export interface UploadItem {
  readonly localPath: string;
  /** Share-relative, backslash-separated. */
  readonly remotePath: string;
  readonly isDirectory?: boolean;
  /** From a plan that has looked already. */
  readonly size?: number;
  /** Set by a plan that could not read or name this: reported, not stored. */
  readonly error?: unknown;
}
