import type { Sealer } from "../crypto/sealing.ts";
import { constantTimeEqual, type Signer } from "../crypto/signing.ts";
import { ProtocolError } from "../errors.ts";
import { NtStatus, ntStatusName } from "../nt-status.ts";
import { Command, HeaderFlags } from "../smb2/constants.ts";
import { SIGNATURE_OFFSET, type Smb2Header } from "../smb2/header.ts";
import { type RdmaCryptoTransform, RdmaTransformType } from "../smb2/rdma-transform.ts";
import {
  decodeTransformHeader,
  encodeTransformHeader,
  TRANSFORM_HEADER_LENGTH,
} from "../smb2/transform-header.ts";
import type { MessageParts } from "../transport.ts";
import { NonceSource } from "./nonce-source.ts";

const NO_SIGNATURE = new Uint8Array(16);
/** Data that go by RDMA have no header that could be authenticated with them. */
const NO_AAD = new Uint8Array(0);
/** Where the authenticated part of the transform header starts: behind ProtocolId and Signature. */
const TRANSFORM_AAD_OFFSET = 20;

/** Encrypts what the client sends and decrypts what the server sends ([MS-SMB2] 3.1.4.3). */
export interface SealingKeys {
  readonly outgoing: Sealer;
  readonly incoming: Sealer;
}

/** Data as they go by RDMA, and how they are protected. */
export interface ProtectedData {
  readonly parts: MessageParts;
  readonly transform: RdmaCryptoTransform;
}

/**
 * What protects the messages of one session on one connection. The session owns the keys, the
 * connection applies them.
 */
export class MessageSecurity {
  readonly sessionId: bigint;
  /** undefined where there is no key: guest and anonymous sessions. */
  readonly signer: Signer | undefined;
  readonly sealing: SealingKeys | undefined;
  /** Every request is signed and every response must be, unless it is encrypted. */
  readonly signingRequired: boolean;
  /** Every request is encrypted and every response must be. */
  readonly encryptionRequired: boolean;
  readonly #nonces: NonceSource;

  constructor(options: {
    readonly sessionId: bigint;
    readonly signer?: Signer | undefined;
    readonly sealing?: SealingKeys | undefined;
    readonly signingRequired: boolean;
    readonly encryptionRequired: boolean;
    /** That of the keys; a new one where nobody else has them. */
    readonly nonces?: NonceSource;
  }) {
    this.sessionId = options.sessionId;
    this.#nonces = options.nonces ?? new NonceSource();
    this.signer = options.signer;
    this.sealing = options.sealing;
    this.signingRequired = options.signingRequired;
    this.encryptionRequired = options.encryptionRequired;
  }

  /**
   * The same for another channel of the session: with a signing key of its own and the session's keys
   * to encrypt with ([MS-SMB2] 3.2.5.3.3).
   */
  forChannel(signer: Signer): MessageSecurity {
    const { sessionId, sealing, signingRequired, encryptionRequired } = this;
    const nonces = this.#nonces;
    const policy = { signingRequired, encryptionRequired };
    return new MessageSecurity({ sessionId, signer, sealing, nonces, ...policy });
  }

  /** For the SESSION_SETUP that binds a channel: signed, never encrypted ([MS-SMB2] 3.2.4.2.3). */
  forBinding(): MessageSecurity {
    const { sessionId, signer } = this;
    const policy = { signingRequired: true, encryptionRequired: false };
    return new MessageSecurity({ sessionId, signer, ...policy });
  }

  /** Whether an unencrypted message is to be signed; `wanted` where the request asks for it. */
  signs(wanted: boolean): boolean {
    return this.signer !== undefined && (this.signingRequired || wanted);
  }

  /** Signs a message in place; its first part begins with the header, whose SIGNED flag is set. */
  sign(parts: MessageParts, messageId: number, command: number): void {
    const [head] = parts;
    if (this.signer === undefined || head === undefined) return;
    const role = { fromServer: false, isCancel: command === Command.CANCEL };
    head.set(this.signer.sign(parts, messageId, role), SIGNATURE_OFFSET);
  }

  /**
   * Verifies the signature of `message` ([MS-SMB2] 3.1.5.1). The message stays as it was.
   *
   * @throws {ProtocolError} where it is missing or wrong
   */
  verify(message: Uint8Array, header: Smb2Header): void {
    if (this.signer === undefined) return;
    if ((header.flags & HeaderFlags.SIGNED) === 0) {
      throw new ProtocolError(
        "The server sent an unsigned response on a signed session: tampering?",
      );
    }
    const field = message.subarray(SIGNATURE_OFFSET, SIGNATURE_OFFSET + 16);
    const received = field.slice();
    field.set(NO_SIGNATURE);
    const role = { fromServer: true, isCancel: header.command === Command.CANCEL };
    const expected = this.signer.sign([message], header.messageId, role);
    field.set(received);
    if (!constantTimeEqual(received, expected)) {
      throw new ProtocolError(describeWrongSignature(header));
    }
  }

  /** Encrypts a whole frame ([MS-SMB2] 3.1.4.3); a nonce is never used twice with a key. */
  seal(parts: MessageParts): MessageParts {
    const sealing = this.#sealingKeys();
    const nonce = this.#nonces.take(sealing.outgoing.nonceLength);
    let originalMessageSize = 0;
    for (const part of parts) originalMessageSize += part.length;
    const header = encodeTransformHeader({
      signature: NO_SIGNATURE,
      nonce,
      originalMessageSize,
      flags: 1,
      sessionId: this.sessionId,
    });
    const { outgoing } = sealing;
    const aad = header.subarray(TRANSFORM_AAD_OFFSET);
    const sealed = outgoing.seal(nonce.subarray(0, outgoing.nonceLength), aad, parts);
    header.set(sealed.tag, 4);
    return [header, ...sealed.parts];
  }

  /**
   * Decrypts a frame that begins with a transform header.
   *
   * @throws {ProtocolError} where the tag is wrong
   */
  open(frame: Uint8Array): Uint8Array {
    const { incoming } = this.#sealingKeys();
    const header = decodeTransformHeader(frame);
    const ciphertext = frame.subarray(TRANSFORM_HEADER_LENGTH);
    if (header.originalMessageSize !== ciphertext.length || header.flags !== 1) {
      throw new ProtocolError("An encrypted frame does not describe itself correctly");
    }
    return incoming.open(
      header.nonce.subarray(0, incoming.nonceLength),
      frame.subarray(TRANSFORM_AAD_OFFSET, TRANSFORM_HEADER_LENGTH),
      header.signature,
      ciphertext,
    );
  }

  /**
   * Protects data that the server fetches by RDMA ([MS-SMB2] 3.2.4.7): what it is to fetch, and the
   * transform that tells it how to check that.
   */
  protectData(data: Uint8Array, type: number): ProtectedData {
    if (type === RdmaTransformType.ENCRYPTION) {
      const { outgoing } = this.#sealingKeys();
      const nonce = this.#nonces.take(outgoing.nonceLength).subarray(0, outgoing.nonceLength);
      const { parts, tag } = outgoing.seal(nonce, NO_AAD, [data]);
      return { parts, transform: { type, signature: tag, nonce } };
    }
    const signer = this.#signingKey();
    const nonce = this.#nonces.take(12).subarray(0, signer.nonceLength);
    // The nonces of messages never have this bit ([MS-SMB2] 3.1.4.1).
    if (nonce.length === 12) nonce[11] = 0x80;
    return { parts: [data], transform: { type, signature: signer.signData(data, nonce), nonce } };
  }

  /**
   * Checks data that the server has placed by RDMA ([MS-SMB2] 3.2.5.11), and decrypts them. The result
   * lies in the memory of `data` where the algorithm allows it.
   *
   * @throws {ProtocolError} where they were not protected in this way, or altered
   */
  openData(data: Uint8Array, type: number, transform: RdmaCryptoTransform): Uint8Array {
    const { signature, nonce } = transform;
    const isEncryption = type === RdmaTransformType.ENCRYPTION;
    const { nonceLength } = isEncryption ? this.#sealingKeys().incoming : this.#signingKey();
    if (transform.type !== type || signature.length !== 16 || nonce.length !== nonceLength) {
      throw new ProtocolError("Data placed by RDMA do not describe their protection correctly");
    }
    if (isEncryption) return this.#sealingKeys().incoming.open(nonce, NO_AAD, signature, data);
    if (!constantTimeEqual(this.#signingKey().signData(data, nonce), signature)) {
      throw new ProtocolError("The signature of data placed by RDMA is wrong: they were altered");
    }
    return data;
  }

  #signingKey(): Signer {
    if (this.signer === undefined) throw new ProtocolError("There is no key to sign with");
    return this.signer;
  }

  #sealingKeys(): SealingKeys {
    if (this.sealing === undefined) {
      throw new ProtocolError("An encrypted frame arrived on a session without encryption");
    }
    return this.sealing;
  }
}

/** A name that is mistyped must not look like an attack only because the server is ksmbd. */
function describeWrongSignature({ command, status }: Smb2Header): string {
  if (command !== Command.TREE_CONNECT || status === NtStatus.SUCCESS)
    return "The signature of a response is wrong: it was altered on the way";
  return (
    `The share was refused (${ntStatusName(status)}) with a wrong signature: either that was altered ` +
    "on the way, or the server is ksmbd, which signs such refusals wrongly (seen in Linux 7.3)"
  );
}
