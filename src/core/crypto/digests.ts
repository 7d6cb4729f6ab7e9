import { createHash, createHmac } from "node:crypto";
import type { MessageParts } from "../transport.ts";

/** MD5 (RFC 1321) of the parts: NTLM's key derivation needs it. 16 bytes. */
export function md5(...parts: MessageParts): Uint8Array {
  return digest("md5", parts);
}

/** SHA-256 of the parts. 32 bytes. */
export function sha256(...parts: MessageParts): Uint8Array {
  return digest("sha256", parts);
}

/** SHA-512 of the parts. 64 bytes. */
export function sha512(...parts: MessageParts): Uint8Array {
  return digest("sha512", parts);
}

/** HMAC-MD5 (RFC 2104) of the parts. 16 bytes. */
export function hmacMd5(key: Uint8Array, ...parts: MessageParts): Uint8Array {
  return keyedDigest("md5", key, parts);
}

/** HMAC-SHA256 (RFC 2104) of the parts. 32 bytes. */
export function hmacSha256(key: Uint8Array, ...parts: MessageParts): Uint8Array {
  return keyedDigest("sha256", key, parts);
}

function digest(algorithm: string, parts: MessageParts): Uint8Array {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function keyedDigest(algorithm: string, key: Uint8Array, parts: MessageParts): Uint8Array {
  const hmac = createHmac(algorithm, key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}
