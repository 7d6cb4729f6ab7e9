import {
  DialError,
  DialFailure,
  type DirectoryEntry,
  FileAttributes,
  type FileStat,
  type FileTime,
  fileTimeToDate,
  formatAttributes,
  isFileSize,
  isLink,
} from "../../core/index.ts";
import type { FinishedFile } from "../transfer/index.ts";
import type { ConnectedPlace } from "./job.ts";

// The names and meanings of these fields are a promise: docs/json.md.

/** Where something is, with slashes. */
export function placeJson({ location }: ConnectedPlace, path: string): object {
  return { server: location.host, share: location.share, path: slashed(path) };
}

/** A file or directory, from a listing or from `stat`. */
export function entryJson(
  place: ConnectedPlace,
  path: string,
  entry: DirectoryEntry | FileStat,
): object {
  return {
    type: typeOf(entry),
    name: path.slice(path.lastIndexOf("\\") + 1),
    ...placeJson(place, path),
    size: sizeJson(entry.size),
    allocated: sizeJson(entry.allocationSize),
    attributes: formatAttributes(entry.attributes),
    created: timeJson(entry.creationTime),
    accessed: timeJson(entry.lastAccessTime),
    modified: timeJson(entry.lastWriteTime),
    changed: timeJson(entry.changeTime),
    // Full 64 bits: a JSON number could not hold it.
    id: entry.fileId === 0n ? null : `0x${entry.fileId.toString(16)}`,
    ...("links" in entry ? { links: entry.links } : {}),
  };
}

/** A file that was moved. */
export function finishedJson(place: ConnectedPlace, file: FinishedFile): object {
  return {
    event: "file",
    direction: file.direction,
    local: file.localPath,
    ...placeJson(place, file.remotePath),
    size: file.size,
    bytes: file.bytes,
    ms: Math.round(file.ms),
  };
}

/** Something that went wrong; it is told on standard error too. */
export function failureJson(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error);
  const status = firstOf(error, "statusName") ?? null;
  const problems = problemsOf(error);
  return {
    ...{ event: "failure", message, status, code: firstOf(error, "code") ?? null },
    ...(problems.length === 0 ? {} : { problems }),
  };
}

/** What stood in the way of any wire, in stable words. */
function problemsOf(error: unknown): readonly string[] {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof DialError) {
      const failures = at.attempts.map((attempt) => attempt.error);
      const found = failures.flatMap((each) => (each instanceof DialFailure ? each.problems : []));
      return [...new Set(found)];
    }
  }
  return [];
}

/** The first text of that name in the chain of causes. */
function firstOf(error: unknown, name: "statusName" | "code"): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const value = Object.entries(at).find(([key]) => key === name)?.[1];
    if (typeof value === "string") return value;
  }
  return undefined;
}

/** A share-relative path with slashes. */
export function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

/** A `FileStat` is never a link's: the server followed it when it opened the file. */
function typeOf(entry: DirectoryEntry | FileStat): "file" | "directory" | "link" {
  if ("reparseTag" in entry && isLink(entry)) return "link";
  return (entry.attributes & FileAttributes.DIRECTORY) !== 0 ? "directory" : "file";
}

/** `null` where the server's value is none that a file can have. */
function sizeJson(size: number): number | null {
  return isFileSize(size) ? size : null;
}

function timeJson(time: FileTime): string | null {
  return fileTimeToDate(time)?.toISOString() ?? null;
}
