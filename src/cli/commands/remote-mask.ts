import { NtStatus, NtStatusError } from "../../core/index.ts";
import { displayRemote, resolveRemote, type ShellContext } from "../context.ts";
import { StatedFailure } from "../failure.ts";

/** What a command's mask names: files of one directory. */
export interface RemoteMask {
  /** Share-relative, "" for the root. */
  readonly directory: string;
  /** A name or a pattern with wildcards, for the server to match. */
  readonly pattern: string;
}

/**
 * The mask of `ls` and `du` as typed, by default all of the remote directory. A trailing slash means
 * what is inside.
 */
export function parseListMask(context: ShellContext, text = ""): RemoteMask {
  if (text === "") return { directory: context.cwd, pattern: "*" };
  const path = resolveRemote(context.cwd, text);
  if (path !== "" && !endsWithSlash(text)) return splitRemote(path);
  if (context.personality.habits.trailingSlashNamesNothing) {
    throw nothingMatches({ directory: path, pattern: "" });
  }
  return { directory: path, pattern: "*" };
}

/**
 * The mask of a command that takes files away. A trailing slash changes nothing, and the root of the
 * share is never meant: `deltree ..` must not empty it.
 *
 * @throws {StatedFailure} where nothing below the root is named
 */
export function parseRemoteMask(context: ShellContext, text: string): RemoteMask {
  const path = resolveRemote(context.cwd, text);
  const namesNothing = endsWithSlash(text) && context.personality.habits.trailingSlashNamesNothing;
  if (path === "" || namesNothing) throw nothingMatches({ directory: path, pattern: "" });
  return splitRemote(path);
}

function endsWithSlash(text: string): boolean {
  return /[\\/]$/.test(text);
}

/** A path as its directory and its last part. */
export function splitRemote(path: string): RemoteMask {
  const at = path.lastIndexOf("\\");
  return { directory: path.slice(0, Math.max(0, at)), pattern: path.slice(at + 1) };
}

/** As error messages name it: `\dir\*.txt`. */
export function displayMask(mask: RemoteMask): string {
  return mask.directory === ""
    ? displayRemote(mask.pattern)
    : displayRemote(`${mask.directory}\\${mask.pattern}`);
}

/** The failure of a command that found nothing to work on. */
export function nothingMatches(mask: RemoteMask): StatedFailure {
  const cause = new NtStatusError(NtStatus.NO_SUCH_FILE, { path: mask.directory });
  return new StatedFailure(`${cause.statusName} listing ${displayMask(mask)}`, { cause });
}
