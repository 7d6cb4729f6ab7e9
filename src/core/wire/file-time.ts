/** FILETIME of the Unix epoch: 100 ns ticks from 1601-01-01 ([MS-DTYP] 2.3.3). */
const UNIX_EPOCH = 116_444_736_000_000_000n;

/**
 * A FILETIME ([MS-DTYP] 2.3.3): 100 ns ticks since 1601-01-01 UTC, as a bigint, so that nothing is
 * lost between a server and a local file. 0 means "not set".
 */
export type FileTime = bigint;

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

/** The Date of a FILETIME, or undefined for 0 ("not set"). */
export function fileTimeToDate(time: FileTime): Date | undefined {
  return time === 0n ? undefined : new Date(Math.floor(fileTimeToUnixMs(time)));
}
