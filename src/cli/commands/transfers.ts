import { stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { displayRemote, type ShellContext } from "../context.ts";
import { StatedFailure, tellFailure } from "../failure.ts";
import type { Io } from "../io.ts";
import { printable } from "../render/printable.ts";
import { formatRate } from "../render/rate.ts";
import { FatalFailure } from "../transfer/fatal-failure.ts";
import type {
  FinishedFile,
  TransferEnvironment,
  TransferFailure,
  TransferProgress,
  TransferSummary,
} from "../transfer/index.ts";
import { silentProgress } from "../transfer/progress.ts";
import { stated, ToldFailures } from "./phrases.ts";
import { displayMask, splitRemote } from "./remote-mask.ts";
import { isSystemError, systemReason } from "./system-reason.ts";

type Direction = FinishedFile["direction"];

/** How a command moves files and talks about it. */
export interface TransferStyle {
  readonly direction: Direction;
  /** A local path as the user should see it. */
  showLocal(path: string): string;
}

/**
 * Runs `move` with an environment that draws progress on a terminal and tells each file as it is
 * done, above what is drawn.
 */
export async function withTransfers<T>(
  context: ShellContext,
  style: TransferStyle,
  move: (environment: TransferEnvironment) => Promise<T>,
): Promise<T> {
  const { io, personality, settings, signal, tree } = context;
  const isDrawn = io.isErrTerminal && !personality.habits.drawsNoProgress;
  const progress = isDrawn ? await barsOn(io) : silentProgress;
  let left = 0;
  try {
    return await move({
      tree,
      settings,
      signal,
      usesTemporaryNames: personality.usesTemporaryNames,
      continuedBy: style.direction === "download" ? "reget" : "reput",
      progress,
      onFile: (file) => {
        const line = finishedLine(context, style, file);
        progress.print(() => io.err(line));
      },
      onFailure: (failure) => {
        progress.print(() => tellFailure(context, transferFailure(style, failure)));
      },
      onNotice: (message) => progress.print(() => io.err(`${printable(message)}\n`)),
      drained: () => io.drained(),
      outBytes: (bytes) => io.outBytes(bytes),
      // While questions are asked nobody wants to be asked about what is not tried.
      ...(settings.prompt ? {} : { onLeft: () => (left += 1) }),
    });
  } catch (error) {
    if (left > 0 && !signal.aborted && !personality.habits.isTerse) {
      progress.print(() => io.err(`${left} ${left === 1 ? "file was" : "files were"} not tried\n`));
    }
    throw namedFailure(style, error);
  } finally {
    progress.end();
  }
}

/** The failure of one file that ended a transfer of many, with its name; any other error as it is. */
export function namedFailure(style: TransferStyle, error: unknown): unknown {
  return error instanceof FatalFailure ? transferFailure(style, error.failure) : error;
}

async function barsOn(io: Io): Promise<TransferProgress> {
  const { createProgress } = await import("../transfer/index.ts");
  return createProgress(io);
}

/** @throws {ToldFailures} if files failed; each was told when it did */
export function expectNoFailures(style: TransferStyle, summary: TransferSummary): void {
  const { failures } = summary;
  if (failures.length > 0) {
    throw new ToldFailures(failures.map((failure) => transferFailure(style, failure)));
  }
}

/** A path below the local directory as relative, with slashes; any other as it is. */
export function showLocalPath(context: ShellContext, path: string): string {
  if (path === "-" || !isAbsolute(path)) return path;
  const below = relative(context.localCwd, path);
  return below === "" || /^\.\.(?:[\\/]|$)/.test(below) || isAbsolute(below)
    ? path
    : below.split(sep).join("/");
}

/** Whether a local name, as typed, is that of a directory. */
export async function isLocalDirectory(context: ShellContext, typed: string): Promise<boolean> {
  try {
    return (await stat(resolve(context.localCwd, typed))).isDirectory();
  } catch {
    // Missing or unreadable: the transfer will say so.
    return false;
  }
}

/** smbclient's line for a file that was moved whole. */
function finishedLine(context: ShellContext, style: TransferStyle, file: FinishedFile): string {
  const rates = context.rates[file.direction];
  rates.add(file.bytes, file.ms, performance.now());
  const rate = formatRate(file.bytes, file.ms);
  const remote = printable(displayRemote(file.remotePath));
  const local = printable(style.showLocal(file.localPath));
  return file.direction === "download"
    ? `getting file ${remote} of size ${file.size} as ${local} (${rate} KiloBytes/sec) (average ${rates.text} KiloBytes/sec)\n`
    : `putting file ${local} as ${remote} (${rate} kB/s) (average ${rates.text} kB/s)\n`;
}

/** What went wrong with one file, in smbclient's words. */
export function transferFailure(
  style: TransferStyle,
  failure: Pick<TransferFailure, "remotePath" | "localPath" | "error">,
): unknown {
  const { error, remotePath, localPath } = failure;
  if (isSystemError(error)) return localFailure(style, localPath, error);
  if (isConnectionError(error)) {
    const line = `${error.message}: remote file ${displayRemote(remotePath)}`;
    return new StatedFailure(line, { cause: error });
  }
  return stated(error, (status) => remoteSentence(style, remotePath, status, error));
}

const CONNECTION_CODES: ReadonlySet<unknown> = new Set([
  "ERR_SMB_TRANSPORT",
  "ERR_SMB_TRANSPORT_CLOSED",
  "ERR_SMB_TIMEOUT",
]);

function isConnectionError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && CONNECTION_CODES.has(error.code);
}

function localFailure(style: TransferStyle, path: string, cause: NodeJS.ErrnoException): unknown {
  if (path === "-") {
    const stream = style.direction === "upload" ? "input" : "output";
    return new StatedFailure(`standard ${stream}: ${systemReason(cause)}`, { cause });
  }
  const shown = style.showLocal(path);
  if (style.direction === "upload" && cause.code === "ENOENT") {
    return new StatedFailure(`${shown} does not exist`, { cause });
  }
  const isOpening = cause.syscall === "open" || cause.syscall === "mkdir";
  const reason = systemReason(cause);
  return isOpening
    ? new StatedFailure(`Error opening local file ${shown}`, { cause, explanation: reason })
    : new StatedFailure(`${reason}: local file ${shown}`, { cause });
}

function remoteSentence(
  style: TransferStyle,
  path: string,
  status: string,
  error: unknown,
): string {
  const { command } = error as { readonly command?: unknown };
  const shown = displayRemote(path);
  switch (command) {
    case "QUERY_DIRECTORY":
      return `${status} listing ${displayMask(splitRemote(path))}`;
    case "READ":
      return `${status} reading remote file ${shown}`;
    case "WRITE":
      return `${status} writing remote file ${shown}`;
    default: {
      const verb = style.direction === "upload" && command === "SET_INFO" ? "finishing" : "opening";
      return `${status} ${verb} remote file ${shown}`;
    }
  }
}
