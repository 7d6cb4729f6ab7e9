import { hmacMd5, md5 } from "../../crypto/digests.ts";
import { Rc4 } from "../../crypto/rc4.ts";
import { constantTimeEqual } from "../../crypto/signing.ts";

export type NtlmRole = "client" | "server";

/** [MS-NLMP] 3.4.5.2 SIGNKEY, with extended session security. */
export function ntlmSigningKey(exportedSessionKey: Uint8Array, sender: NtlmRole): Uint8Array {
  return md5(exportedSessionKey, magic(sender, "signing"));
}

/** Without NTLMSSP_NEGOTIATE_128 (and without 56, which we do not offer) so much of the key is used. */
const WEAK_KEY_LENGTH = 5;

/** [MS-NLMP] 3.4.5.3 SEALKEY, with extended session security; of a 40-bit key where not `has128`. */
export function ntlmSealingKey(
  exportedSessionKey: Uint8Array,
  sender: NtlmRole,
  has128 = true,
): Uint8Array {
  const key = has128 ? exportedSessionKey : exportedSessionKey.subarray(0, WEAK_KEY_LENGTH);
  return md5(key, magic(sender, "sealing"));
}

/** What the flags of the logon agreed on. */
export interface NtlmKeyOptions {
  /** NTLMSSP_NEGOTIATE_KEY_EXCH. */
  readonly isKeyExchanged: boolean;
  /** NTLMSSP_NEGOTIATE_128. */
  readonly has128: boolean;
}

/**
 * NTLMSSP_MESSAGE_SIGNATURE with extended session security ([MS-NLMP] 3.4.4.2). `handle` is the
 * sender's key stream where keys were exchanged, and then encrypts the checksum.
 */
export function ntlmMessageSignature(
  handle: Rc4 | undefined,
  signingKey: Uint8Array,
  sequenceNumber: number,
  message: Uint8Array,
): Uint8Array {
  const signature = new Uint8Array(16);
  const view = new DataView(signature.buffer);
  view.setUint32(0, 1, true); // Version
  view.setUint32(12, sequenceNumber, true); // SeqNum
  const checksum = hmacMd5(signingKey, signature.subarray(12), message).subarray(0, 8);
  signature.set(handle === undefined ? checksum : handle.update(checksum), 4); // Checksum
  return signature;
}

/** Signs what one side sends and verifies what it receives, counting messages each way. */
export class NtlmSessionSecurity {
  readonly #outgoing: Direction;
  readonly #incoming: Direction;

  constructor(exportedSessionKey: Uint8Array, role: NtlmRole, options: NtlmKeyOptions) {
    const peer = role === "client" ? "server" : "client";
    this.#outgoing = new Direction(exportedSessionKey, role, options);
    this.#incoming = new Direction(exportedSessionKey, peer, options);
  }

  /** The signature of the next message that we send. */
  sign(message: Uint8Array): Uint8Array {
    return this.#outgoing.next(message);
  }

  /** Whether this is the signature of the next message that the peer sends. */
  verify(message: Uint8Array, signature: Uint8Array): boolean {
    return constantTimeEqual(this.#incoming.next(message), signature);
  }

  wipe(): void {
    this.#outgoing.wipe();
    this.#incoming.wipe();
  }
}

class Direction {
  readonly #signingKey: Uint8Array;
  readonly #handle: Rc4 | undefined;
  #sequenceNumber = 0;

  constructor(exportedSessionKey: Uint8Array, sender: NtlmRole, options: NtlmKeyOptions) {
    const { isKeyExchanged, has128 } = options;
    this.#signingKey = ntlmSigningKey(exportedSessionKey, sender);
    this.#handle = isKeyExchanged
      ? new Rc4(ntlmSealingKey(exportedSessionKey, sender, has128))
      : undefined;
  }

  next(message: Uint8Array): Uint8Array {
    const number = this.#sequenceNumber;
    this.#sequenceNumber += 1;
    return ntlmMessageSignature(this.#handle, this.#signingKey, number, message);
  }

  wipe(): void {
    this.#signingKey.fill(0);
    this.#handle?.wipe();
  }
}

/** The constants of [MS-NLMP] 3.4.5.2 and 3.4.5.3, their NUL included. */
function magic(sender: NtlmRole, purpose: "signing" | "sealing"): Uint8Array {
  const direction = sender === "client" ? "client-to-server" : "server-to-client";
  const text = `session key to ${direction} ${purpose} key magic constant\0`;
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
