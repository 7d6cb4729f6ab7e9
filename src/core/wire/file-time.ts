/** FILETIME of the Unix epoch: 100 ns ticks from 1601-01-01 ([MS-DTYP] 2.3.3). */
const UNIX_EPOCH = 116_444_736_000_000_000n;

/**
 * A FILETIME ([MS-DTYP] 2.3.3): 100 ns ticks since 1601-01-01 UTC, as a bigint, so that nothing is
 * lost between a server and a local file. 0 means "not set".
 */
export type FileTime = bigint;

/** Means "never" or "not set", as do all that are larger or negative ([MS-FSCC] 2.4.7: -1 and -2). */
const NEVER = 0x7fff_ffff_ffff_ffffn;

/** Whether it is a time at all, rather than one of the ways to say that there is none. */
export function isFileTimeSet(time: FileTime): boolean {
  return time > 0n && time < NEVER;
}

/** Microseconds since 1970, rounded down: an integer, exact for any year. */
export function fileTimeToUnixUs(time: FileTime): number {
  const ticks = time - UNIX_EPOCH;
  const floor = ticks < 0n && ticks % 10n !== 0n ? ticks / 10n - 1n : ticks / 10n;
  return Number(floor);
}

/** Milliseconds since 1970, with a fraction down to 100 ns as far as a double holds it. */
export function fileTimeToUnixMs(time: FileTime): number {
  const ticks = time - UNIX_EPOCH;
  return Number(ticks / 10_000n) + Number(ticks % 10_000n) / 10_000;
}

/** Nanoseconds since 1970, as node:fs gives them with `bigint: true`. */
export function fileTimeToUnixNs(time: FileTime): bigint {
  return (time - UNIX_EPOCH) * 100n;
}

export function fileTimeFromUnixMs(ms: number): FileTime {
  return BigInt(Math.round(ms * 10_000)) + UNIX_EPOCH;
}

/** From nanoseconds since 1970, rounded down to the 100 ns that a FILETIME holds. */
export function fileTimeFromUnixNs(ns: bigint): FileTime {
  const floor = ns < 0n && ns % 100n !== 0n ? ns / 100n - 1n : ns / 100n;
  return floor + UNIX_EPOCH;
}

/** The Date of a FILETIME, rounded down; undefined where there is none, see `isFileTimeSet`. */
export function fileTimeToDate(time: FileTime): Date | undefined {
  return isFileTimeSet(time) ? new Date(Math.floor(fileTimeToUnixUs(time) / 1000)) : undefined;
}
