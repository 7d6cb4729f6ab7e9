import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { ProtocolError } from "../errors.ts";
import { CipherId } from "../smb2/constants.ts";
import type { MessageParts } from "../transport.ts";

/** Length of the Signature field of a transform header: the tag ([MS-SMB2] 2.2.41). */
export const TAG_LENGTH = 16;

/** One encrypted message: the ciphertext in parts, and the tag for the transform header. */
export interface SealedMessage {
  readonly parts: Uint8Array[];
  readonly tag: Uint8Array;
}

/**
 * Encrypts or decrypts messages with one key ([MS-SMB2] 3.1.4.3). A nonce must never be used twice
 * with the same key: counting is the caller's business.
 */
export interface Sealer {
  /** How many bytes at the start of the transform header's Nonce field count: 11 (CCM), 12 (GCM). */
  readonly nonceLength: 11 | 12;
  /** Encrypts one message. The parts are left as they are. */
  seal(nonce: Uint8Array, aad: Uint8Array, parts: MessageParts): SealedMessage;
  /**
   * Decrypts one message. The result lies in the memory of `ciphertext` where the algorithm allows
   * it, which is overwritten, else in memory of its own.
   *
   * @throws {ProtocolError} where the tag does not fit: the message was altered or the key is wrong
   */
  open(nonce: Uint8Array, aad: Uint8Array, tag: Uint8Array, ciphertext: Uint8Array): Uint8Array;
}

/** A sealer for the negotiated cipher and a key of 16 (AES-128) or 32 (AES-256) bytes. */
export function createSealer(cipher: CipherId, key: Uint8Array): Sealer {
  switch (cipher) {
    case CipherId.AES_128_CCM:
      return new CcmSealer("aes-128-ccm", key);
    case CipherId.AES_128_GCM:
      return new GcmSealer("aes-128-gcm", key);
    case CipherId.AES_256_CCM:
      return new CcmSealer("aes-256-ccm", key);
    case CipherId.AES_256_GCM:
      return new GcmSealer("aes-256-gcm", key);
  }
}

/**
 * node:crypto returns fresh memory from every update. In pieces of this size the allocator hands the
 * same warm memory out again; a megabyte at once costs as much in page faults as in decryption.
 */
const SLICE = 16 * 1024;

class GcmSealer implements Sealer {
  readonly nonceLength = 12;
  readonly #algorithm: "aes-128-gcm" | "aes-256-gcm";
  readonly #key: KeyObject;

  constructor(algorithm: "aes-128-gcm" | "aes-256-gcm", key: Uint8Array) {
    this.#algorithm = algorithm;
    this.#key = createSecretKey(key);
  }

  seal(nonce: Uint8Array, aad: Uint8Array, parts: MessageParts): SealedMessage {
    const cipher = createCipheriv(this.#algorithm, this.#key, nonce);
    cipher.setAAD(aad);
    const sealed: Uint8Array[] = parts.map((part) => cipher.update(part));
    cipher.final();
    return { parts: sealed, tag: cipher.getAuthTag() };
  }

  open(nonce: Uint8Array, aad: Uint8Array, tag: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const options = { authTagLength: TAG_LENGTH };
    const decipher = createDecipheriv(this.#algorithm, this.#key, nonce, options);
    return verified(() => {
      decipher.setAuthTag(tag).setAAD(aad);
      for (let at = 0; at < ciphertext.length; at += SLICE) {
        ciphertext.set(decipher.update(ciphertext.subarray(at, at + SLICE)), at);
      }
      decipher.final();
      return ciphertext;
    });
  }
}

class CcmSealer implements Sealer {
  readonly nonceLength = 11;
  readonly #algorithm: "aes-128-ccm" | "aes-256-ccm";
  readonly #key: KeyObject;
  /** Where parts are joined; kept, because fresh memory of this size costs more than the copy. */
  #joined = new Uint8Array(0);

  constructor(algorithm: "aes-128-ccm" | "aes-256-ccm", key: Uint8Array) {
    this.#algorithm = algorithm;
    this.#key = createSecretKey(key);
  }

  seal(nonce: Uint8Array, aad: Uint8Array, parts: MessageParts): SealedMessage {
    const plaintext = this.#join(parts);
    const options = { authTagLength: TAG_LENGTH };
    const cipher = createCipheriv(this.#algorithm, this.#key, nonce, options);
    cipher.setAAD(aad, { plaintextLength: plaintext.length });
    const ciphertext = cipher.update(plaintext);
    cipher.final();
    return { parts: [ciphertext], tag: cipher.getAuthTag() };
  }

  open(nonce: Uint8Array, aad: Uint8Array, tag: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const options = { authTagLength: TAG_LENGTH };
    const decipher = createDecipheriv(this.#algorithm, this.#key, nonce, options);
    return verified(() => {
      decipher.setAuthTag(tag).setAAD(aad, { plaintextLength: ciphertext.length });
      const plaintext = decipher.update(ciphertext);
      decipher.final();
      return plaintext;
    });
  }

  /** CCM needs the whole message in one call; several parts are copied once. */
  #join(parts: MessageParts): Uint8Array {
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    let length = 0;
    for (const part of parts) length += part.length;
    if (length > this.#joined.length) this.#joined = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      this.#joined.set(part, at);
      at += part.length;
    }
    return this.#joined.subarray(0, length);
  }
}

function verified(open: () => Uint8Array): Uint8Array {
  try {
    return open();
  } catch (cause) {
    throw new ProtocolError("An encrypted message does not match its signature", { cause });
  }
}
