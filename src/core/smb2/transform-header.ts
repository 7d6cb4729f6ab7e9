import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { encodeBytes } from "../wire/writer.ts";
import { ProtocolId } from "./header.ts";

/** The length of SMB2 TRANSFORM_HEADER, and where the encrypted message begins. */
export const TRANSFORM_HEADER_LENGTH = 52;
/** Where the additional authenticated data begin: they are Nonce and all that follows it. */
export const TRANSFORM_AAD_OFFSET = 20;
/** [MS-SMB2] 2.2.41: Flags with 3.1.1; the same value is EncryptionAlgorithm AES-128-CCM before. */
export const TRANSFORM_ENCRYPTED = 0x0001;

/** [MS-SMB2] 2.2.41 SMB2 TRANSFORM_HEADER. */
export interface TransformHeader {
  /** The authentication tag, 16 bytes; a view when decoded. */
  readonly signature: Uint8Array;
  /** 16 bytes: 11 (CCM) or 12 (GCM) of nonce, then zeros; a view when decoded. */
  readonly nonce: Uint8Array;
  readonly originalMessageSize: number;
  /** TRANSFORM_ENCRYPTED. */
  readonly flags: number;
  readonly sessionId: bigint;
}

/** The 52 bytes of the header. */
export function encodeTransformHeader(header: TransformHeader): Uint8Array {
  return encodeBytes(TRANSFORM_HEADER_LENGTH, (w) => {
    w.u32(ProtocolId.TRANSFORM); // ProtocolId
    w.raw(header.signature); // Signature
    w.raw(header.nonce); // Nonce
    w.u32(header.originalMessageSize); // OriginalMessageSize
    w.u16(0); // Reserved
    w.u16(header.flags); // Flags / EncryptionAlgorithm
    w.big64(header.sessionId); // SessionId
  });
}

/**
 * The header at the start of an encrypted message. What the size and the flags must be is the
 * receiver's rule ([MS-SMB2] 3.2.5.1.1), not checked here.
 *
 * @throws {WireFormatError} where the bytes are not such a header
 */
export function decodeTransformHeader(message: Uint8Array): TransformHeader {
  const r = new Reader(message);
  if (r.u32() !== ProtocolId.TRANSFORM) {
    throw new WireFormatError("Not an encrypted SMB2 message: wrong ProtocolId");
  }
  const signature = r.raw(16);
  const nonce = r.raw(16);
  const originalMessageSize = r.u32();
  r.skip(2); // Reserved
  const flags = r.u16();
  return { signature, nonce, originalMessageSize, flags, sessionId: r.big64() };
}
