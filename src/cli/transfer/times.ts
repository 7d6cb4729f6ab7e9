import type { BigIntStats } from "node:fs";
import {
  type CreateResponse,
  type FileTimes,
  fileTimeFromUnixNs,
  fileTimeToUnixMs,
} from "../../core/index.ts";
import type { LocalTimes } from "./local-target.ts";

/** The times a local file gets; undefined where the server has none. */
export function localTimes(
  created: Pick<CreateResponse, "lastAccessTime" | "lastWriteTime">,
): LocalTimes | undefined {
  const { lastWriteTime, lastAccessTime } = created;
  if (lastWriteTime === 0n) return undefined;
  const modifyMs = fileTimeToUnixMs(lastWriteTime);
  return {
    modifyMs,
    accessMs: lastAccessTime === 0n ? modifyMs : fileTimeToUnixMs(lastAccessTime),
  };
}

/**
 * The times a remote file gets. A birth later than the last change only says when this copy was made;
 * the server's own time of creation says the same of its copy.
 */
export function remoteTimes(stats: Pick<BigIntStats, "mtimeNs" | "birthtimeNs">): FileTimes {
  const lastWriteTime = fileTimeFromUnixNs(stats.mtimeNs);
  const isBirthKnown = stats.birthtimeNs > 0n && stats.birthtimeNs <= stats.mtimeNs;
  if (!isBirthKnown) return { lastWriteTime };
  return { lastWriteTime, creationTime: fileTimeFromUnixNs(stats.birthtimeNs) };
}
