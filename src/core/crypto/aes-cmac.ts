import { createCipheriv } from "node:crypto";
import type { MessageParts } from "../transport.ts";

const BLOCK_LENGTH = 16;
/** OpenSSL hands back all of the ciphertext, which nobody wants: small pieces stay in the cache. */
const CHUNK_LENGTH = 16_384;
const ZERO_IV = new Uint8Array(BLOCK_LENGTH);

/** The two subkeys of a key (RFC 4493 2.3): for a whole last block, and for a padded one. */
export interface CmacKey {
  readonly key: Uint8Array;
  readonly whole: Uint8Array;
  readonly padded: Uint8Array;
}

/** Prepares a 16-byte key for {@link aesCmac}. */
export function createCmacKey(key: Uint8Array): CmacKey {
  const cipher = createCipheriv("aes-128-cbc", key, ZERO_IV).setAutoPadding(false);
  const whole = doubled(cipher.update(ZERO_IV));
  return { key, whole, padded: doubled(whole) };
}

/**
 * AES-CMAC (RFC 4493) over a message given in parts, 16 bytes. The message is read once and not
 * joined: CMAC is the last block of AES-CBC with a zero IV, once that block was masked.
 */
export function aesCmac(key: CmacKey, parts: MessageParts): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const lastLength = length === 0 ? 0 : ((length - 1) % BLOCK_LENGTH) + 1;
  const last = new Uint8Array(BLOCK_LENGTH);
  const cipher = createCipheriv("aes-128-cbc", key.key, ZERO_IV).setAutoPadding(false);

  let before = length - lastLength; // what goes through the cipher as it is
  let filled = 0;
  for (const part of parts) {
    const straight = Math.min(before, part.length);
    for (let at = 0; at < straight; at += CHUNK_LENGTH) {
      cipher.update(part.subarray(at, Math.min(at + CHUNK_LENGTH, straight)));
    }
    before -= straight;
    last.set(part.subarray(straight), filled);
    filled += part.length - straight;
  }

  const mask = lastLength === BLOCK_LENGTH ? key.whole : key.padded;
  if (lastLength < BLOCK_LENGTH) last[lastLength] = 0x80;
  for (let i = 0; i < BLOCK_LENGTH; i++) last[i] = (last[i] ?? 0) ^ (mask[i] ?? 0);
  return cipher.update(last);
}

/** Multiplication by x in GF(2^128), most significant bit first (RFC 4493 2.3). */
function doubled(block: Uint8Array): Uint8Array {
  const result = new Uint8Array(BLOCK_LENGTH);
  let carry = 0;
  for (let i = BLOCK_LENGTH - 1; i >= 0; i--) {
    const byte = block[i] ?? 0;
    result[i] = (byte << 1) | carry;
    carry = byte >>> 7;
  }
  if (carry === 1) result[BLOCK_LENGTH - 1] = (result[BLOCK_LENGTH - 1] ?? 0) ^ 0x87;
  return result;
}
