import { createCipheriv, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { SigningAlgorithmId } from "../smb2/constants.ts";
import type { MessageParts } from "../transport.ts";
import { aesCmac, type CmacKey, createCmacKey } from "./aes-cmac.ts";
import { hmacSha256 } from "./digests.ts";

/** Length of the Signature field ([MS-SMB2] 2.2.1). */
export const SIGNATURE_LENGTH = 16;

/** Who sent a message, and whether it is a CANCEL request: part of the nonce of AES-GMAC. */
export interface SigningRole {
  readonly fromServer: boolean;
  readonly isCancel: boolean;
}

/** Computes the signatures of one session or channel with one key. */
export interface Signer {
  /**
   * The 16 bytes for the Signature field of one message ([MS-SMB2] 3.1.4.1), which the caller has
   * zeroed. The parts are the message from its SMB2 header on, with any compound padding; they are
   * neither copied nor changed. `messageId` is -1 for 0xFFFFFFFFFFFFFFFF.
   */
  sign(parts: MessageParts, messageId: number, role: SigningRole): Uint8Array;
  /** How long the nonce of `signData` is, in bytes: 12 with AES-GMAC, else 0. */
  readonly nonceLength: 0 | 12;
  /**
   * The 16 bytes of signature of data that go by RDMA ([MS-SMB2] 2.2.43.1). A nonce must never be used
   * twice with the same key, nor be one of those that `sign` makes.
   */
  signData(data: Uint8Array, nonce: Uint8Array): Uint8Array;
}

/** A signer for the negotiated algorithm and a 16-byte key (HMAC takes any length). */
export function createSigner(algorithm: SigningAlgorithmId, key: Uint8Array): Signer {
  switch (algorithm) {
    case SigningAlgorithmId.HMAC_SHA256:
      return new HmacSigner(key);
    case SigningAlgorithmId.AES_CMAC:
      return new CmacSigner(key);
    case SigningAlgorithmId.AES_GMAC:
      return new GmacSigner(key);
  }
}

/** Whether `a` and `b` are the same bytes, in a time that does not tell where they differ. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

class HmacSigner implements Signer {
  readonly nonceLength = 0;
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  sign(parts: MessageParts): Uint8Array {
    return hmacSha256(this.#key, ...parts).subarray(0, SIGNATURE_LENGTH);
  }

  signData(data: Uint8Array): Uint8Array {
    return this.sign([data]);
  }
}

class CmacSigner implements Signer {
  readonly nonceLength = 0;
  readonly #key: CmacKey;

  constructor(key: Uint8Array) {
    this.#key = createCmacKey(key);
  }

  sign(parts: MessageParts): Uint8Array {
    return aesCmac(this.#key, parts);
  }

  signData(data: Uint8Array): Uint8Array {
    return this.sign([data]);
  }
}

/** GMAC (RFC 4543) is GCM with everything authenticated and nothing encrypted. */
class GmacSigner implements Signer {
  readonly nonceLength = 12;
  readonly #key: KeyObject;

  constructor(key: Uint8Array) {
    this.#key = createSecretKey(key);
  }

  sign(parts: MessageParts, messageId: number, role: SigningRole): Uint8Array {
    return this.#authenticate(parts, gmacNonce(messageId, role));
  }

  signData(data: Uint8Array, nonce: Uint8Array): Uint8Array {
    return this.#authenticate([data], nonce);
  }

  #authenticate(parts: MessageParts, nonce: Uint8Array): Uint8Array {
    const cipher = createCipheriv("aes-128-gcm", this.#key, nonce);
    for (const part of parts) cipher.setAAD(part);
    cipher.final();
    return cipher.getAuthTag();
  }
}

/** [MS-SMB2] 3.1.4.1: MessageId, then bit 0 for a server and bit 1 for a CANCEL request. */
function gmacNonce(messageId: number, role: SigningRole): Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(0, messageId >>> 0, true);
  view.setUint32(4, Math.floor(messageId / 0x1_0000_0000) >>> 0, true);
  view.setUint32(8, (role.fromServer ? 1 : 0) | (role.isCancel ? 2 : 0), true);
  return nonce;
}
