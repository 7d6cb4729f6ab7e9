import { hmacSha256 } from "./digests.ts";

/** The counter of SP800-108, big-endian: one HMAC-SHA256 block is all that SMB2 ever needs. */
const COUNTER_ONE = new Uint8Array([0, 0, 0, 1]);
const SEPARATOR = new Uint8Array(1);

/**
 * Derives a key as [MS-SMB2] 3.1.4.2 does: SP800-108 in counter mode with HMAC-SHA256 and r = 32.
 *
 * `label` and `context` are given as the specification prints them, including their trailing NUL.
 */
export function deriveKey(
  ki: Uint8Array,
  label: Uint8Array,
  context: Uint8Array,
  lengthBits: 128 | 256,
): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, lengthBits);
  const block = hmacSha256(ki, COUNTER_ONE, label, SEPARATOR, context, length);
  return block.slice(0, lengthBits / 8);
}
