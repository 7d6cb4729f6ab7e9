import type { SmbClient, Tree } from "../core/index.ts";
import type { Io } from "./io.ts";
import type { Personality } from "./personality.ts";
import type { TransferRates } from "./render/rate.ts";

/** The toggles and values that shell commands change. */
export interface ShellSettings {
  /** mget, mput, ls and du go into directories. */
  recurse: boolean;
  /** mget and mput ask for each file. */
  prompt: boolean;
  /** Names are made lower case by get and mget. */
  lowercase: boolean;
  /** Only files that match are listed, deleted, or taken by a recursive mget; "" takes all. */
  mask: string;
  /** Per-operation time-out, seconds of silence. */
  timeoutSeconds: number;
  /** Bytes per READ or WRITE; 0 is automatic. */
  ioSize: number;
  /** File times are carried over by transfers. */
  keepTimes: boolean;
  /** Uploads write to the final name at once instead of renaming a finished file. */
  inplace: boolean;
  /** A transfer that continues another one compares all that is there, not only its end. */
  verify?: boolean;
  /** Transfers of so many bytes and more are kept when they are interrupted; none where undefined. */
  partialFromBytes?: number | undefined;
  /** Files in flight at once. */
  jobs: number;
}

/** What commands work on: the connection, where we are, how to talk. */
export interface ShellContext {
  readonly io: Io;
  readonly personality: Personality;
  readonly settings: ShellSettings;
  /** Aborted by Ctrl-C: for this command alone. */
  readonly signal: AbortSignal;
  /** The client in use; `logon` and `tcon` replace it or the tree. Throws UsageError when logged off. */
  client: SmbClient;
  /** The share in use. */
  tree: Tree;
  /** The tree connects of the session by TreeId, the first one first; `tcon` adds, `tdis` removes. */
  readonly trees: Map<number, Tree>;
  /** What get and put have moved in this session: the averages in their lines. */
  readonly rates: TransferRates;
  /** Remote directory: backslash-separated, neither a leading nor a trailing one, "" for the root. */
  cwd: string;
  /** Local directory: where get, put, lcd work. */
  localCwd: string;
  /** Lines typed so far, oldest first. */
  readonly history: readonly string[];
  /** Commands are read from standard input, which is no terminal: it cannot be a file as well. */
  readonly inputHoldsCommands: boolean;
  /** Set by `exit`: the shell ends after this command. */
  exitRequested: boolean;
  /** Gives the terminal to a local program (`!cmd`, `more`) for as long as `run` takes. */
  readonly withTerminal?: <T>(run: () => Promise<T>) => Promise<T>;
}

/** `path` as typed (either slash, `.` and `..`, absolute or relative) as a path from the share's root. */
export function resolveRemote(cwd: string, path: string): string {
  const parts = /^[\\/]/.test(path) || cwd === "" ? [] : cwd.split("\\");
  for (const part of path.split(/[\\/]/)) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("\\");
}

/** A share-relative path as smbclient prints it: `\dir\file`. */
export function displayRemote(path: string): string {
  return `\\${path}`;
}
