import { type BigIntStats, futimesSync } from "node:fs";
import {
  type CreateResponse,
  type FileTimes,
  fileTimeFromUnixNs,
  fileTimeToUnixUs,
  isFileTimeSet,
} from "../../core/index.ts";

const US_PER_SECOND = 1_000_000;

/** Times to give a finished file, in whole microseconds since 1970. */
export interface LocalTimes {
  readonly accessUs: number;
  readonly modifyUs: number;
}

/** The times a local file gets; undefined where the server has none. */
export function localTimes(
  created: Pick<CreateResponse, "lastAccessTime" | "lastWriteTime">,
): LocalTimes | undefined {
  const { lastWriteTime, lastAccessTime } = created;
  if (!isFileTimeSet(lastWriteTime)) return undefined;
  const modifyUs = fileTimeToUnixUs(lastWriteTime);
  const accessUs = isFileTimeSet(lastAccessTime) ? fileTimeToUnixUs(lastAccessTime) : modifyUs;
  return { modifyUs, accessUs };
}

/**
 * Gives an open local file its times.
 *
 * @returns why it could not have them; its bytes are none the worse
 */
export function setLocalTimes(fd: number, times: LocalTimes): string | undefined {
  try {
    futimesSync(fd, secondsOf(times.accessUs), secondsOf(times.modifyUs));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Seconds as `futimes` takes them. As text: Node sets *now* for a negative number. A double holds a
 * quarter of a microsecond, and libuv cuts off what is behind the micro- or nanosecond: without care a
 * time would come back a microsecond nearer to 1970, and that of every copy of a copy one more.
 */
function secondsOf(us: number): string {
  const size = Math.abs(us);
  const whole = Math.trunc(size / US_PER_SECOND);
  const rest = size - whole * US_PER_SECOND;
  const seconds = whole + rest / US_PER_SECOND;
  const isShort =
    Math.trunc(seconds * US_PER_SECOND) < size || Math.trunc((seconds - whole) * 1e9) < rest * 1000;
  const padded = isShort ? seconds * (1 + Number.EPSILON) : seconds;
  return `${us < 0 ? "-" : ""}${padded}`;
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
