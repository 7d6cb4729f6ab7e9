import { UnsupportedError, WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import { ReadWriteChannel } from "./constants.ts";

/** Length of SMB2_RDMA_TRANSFORM, and where the first transform begins. */
const HEADER_LENGTH = 16;
/** Length of SMB2_RDMA_CRYPTO_TRANSFORM before its Signature. */
const CRYPTO_HEADER_LENGTH = 8;
/** The longest Signature. */
const MOST_SIGNATURE = 16;

const NO_DESCRIPTORS = new Uint8Array(0);

/** [MS-SMB2] 2.2.43.1 TransformType. */
export const RdmaTransformType = { ENCRYPTION: 0x0001, SIGNING: 0x0002 } as const;

/** [MS-SMB2] 2.2.43.1 SMB2_RDMA_CRYPTO_TRANSFORM; the byte ranges are views when decoded. */
export interface RdmaCryptoTransform {
  /** RdmaTransformType. */
  readonly type: number;
  /** The authentication tag, or the signature: at most 16 bytes. */
  readonly signature: Uint8Array;
  /** As long as the algorithm's; none for CMAC and HMAC. */
  readonly nonce: Uint8Array;
}

/** [MS-SMB2] 2.2.43 SMB2_RDMA_TRANSFORM with all that it points to. */
export interface RdmaTransform {
  /** ReadWriteChannel: what `descriptors` are; NONE in a READ response. */
  readonly channel: number;
  /** Buffer descriptors, or empty. */
  readonly descriptors: Uint8Array;
  readonly transforms: readonly RdmaCryptoTransform[];
}

/** [MS-SMB2] 2.2.43: the transforms, each padded to 8 bytes, then the descriptors. */
export function encodeRdmaTransform(m: RdmaTransform): Uint8Array {
  const w = new Writer(128).begin(HEADER_LENGTH);
  for (const { type, signature, nonce } of m.transforms) {
    if (signature.length > MOST_SIGNATURE) {
      throw new UnsupportedError(`A signature of ${signature.length} bytes is too long`);
    }
    const head = new Writer(CRYPTO_HEADER_LENGTH).begin(CRYPTO_HEADER_LENGTH);
    head.u16(type).u16(signature.length).u16(nonce.length).u16(0); // TransformType … Reserved
    w.align(8).append(head.finish()).append(signature).append(nonce);
  }
  // Where nothing follows the structure ends without padding, as servers send it.
  if (m.descriptors.length > 0) w.align(8);
  w.blob16(m.descriptors); // RdmaDescriptorOffset, RdmaDescriptorLength
  w.u32(m.channel); // Channel
  w.u16(m.transforms.length); // TransformCount
  w.u16(0).u32(0); // Reserved1, Reserved2
  return w.finish().slice();
}

/**
 * [MS-SMB2] 2.2.43.
 *
 * @throws {WireFormatError} where something lies outside the bytes, or there is no transform
 */
export function decodeRdmaTransform(bytes: Uint8Array): RdmaTransform {
  const r = new Reader(bytes);
  const descriptorOffset = r.u16();
  const descriptorLength = r.u16();
  const channel = r.u32();
  const count = r.u16();
  r.skip(6); // Reserved1, Reserved2
  if (count === 0) throw new WireFormatError("SMB2_RDMA_TRANSFORM: TransformCount is 0");
  r.expectCount(count, CRYPTO_HEADER_LENGTH);
  const transforms: RdmaCryptoTransform[] = [];
  for (let index = 0; index < count; index += 1) {
    r.skip(-r.pos & 7);
    transforms.push(readCryptoTransform(r));
  }
  // Without a channel the two fields mean nothing.
  if (channel === ReadWriteChannel.NONE)
    return { channel, descriptors: NO_DESCRIPTORS, transforms };
  if (descriptorLength > 0 && descriptorOffset < r.pos) {
    throw new WireFormatError(
      `SMB2_RDMA_TRANSFORM: descriptors at ${descriptorOffset}, inside its first ${r.pos} bytes`,
    );
  }
  return { channel, descriptors: r.slice(descriptorOffset, descriptorLength), transforms };
}

function readCryptoTransform(r: Reader): RdmaCryptoTransform {
  const type = r.u16();
  const signatureLength = r.u16();
  const nonceLength = r.u16();
  r.skip(2); // Reserved
  if (signatureLength > MOST_SIGNATURE) {
    throw new WireFormatError(`SMB2_RDMA_CRYPTO_TRANSFORM: SignatureLength is ${signatureLength}`);
  }
  return { type, signature: r.raw(signatureLength), nonce: r.raw(nonceLength) };
}
