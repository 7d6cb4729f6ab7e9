import type { MessageParts } from "../transport.ts";
import { sha512 } from "./digests.ts";

/** Length of a PreauthIntegrityHashValue: SHA-512 is the only algorithm defined. */
const PREAUTH_HASH_LENGTH = 64;

/** The value that [MS-SMB2] 3.2.5.2 starts from: 64 zero bytes. */
export function initialPreauthHash(): Uint8Array {
  return new Uint8Array(PREAUTH_HASH_LENGTH);
}

/**
 * The next PreauthIntegrityHashValue: SHA-512 over the old value and one whole message, from the
 * SMB2 header on, as it went over the wire ([MS-SMB2] 3.1.4.4, 3.2.5.2, 3.2.5.3).
 */
export function preauthUpdate(hash: Uint8Array, parts: MessageParts): Uint8Array {
  return sha512(hash, ...parts);
}
