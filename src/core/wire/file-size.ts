/**
 * What stands for a 64-bit size that no file can have (-1, for example) or that a JS number cannot
 * hold: such a value must not end a connection. Ask `isFileSize` before relying on a size.
 */
export const UNKNOWN_SIZE: number = Number.MAX_SAFE_INTEGER;

/** A size of two 32-bit halves, UNKNOWN_SIZE where it is 2^53 - 1 or more. */
export function sizeOf(low: number, high: number): number {
  return high > 0x1f_ffff ? UNKNOWN_SIZE : high * 0x1_0000_0000 + low;
}

/** Whether `size` is the size of a file rather than UNKNOWN_SIZE. */
export function isFileSize(size: number): boolean {
  return size < UNKNOWN_SIZE;
}
