import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { encodeBytes } from "../wire/writer.ts";
import { ProtocolId } from "./header.ts";

/** [MS-SMB2] 2.2.3.1.3 CompressionAlgorithms. */
export const CompressionAlgorithm = {
  NONE: 0x0000,
  LZNT1: 0x0001,
  LZ77: 0x0002,
  LZ77_HUFFMAN: 0x0003,
  PATTERN_V1: 0x0004,
  LZ4: 0x0005,
} as const;

/** [MS-SMB2] 2.2.42.1 and 2.2.42.2.1 Flags. */
export const CompressionFlags = { NONE: 0x0000, CHAINED: 0x0001 } as const;

/** [MS-SMB2] 2.2.42.1: one compressed segment, behind bytes that are not compressed. */
export interface UnchainedCompression {
  readonly kind: "unchained";
  /** How many bytes `compressed` unfolds to; from the peer, to be bounded before anything is allocated. */
  readonly originalCompressedSegmentSize: number;
  readonly compressionAlgorithm: number;
  /** The start of the message, sent as it is; a view when decoded. */
  readonly uncompressed: Uint8Array;
  /** A view when decoded. */
  readonly compressed: Uint8Array;
}

/** [MS-SMB2] 2.2.42.2.1 SMB2_COMPRESSION_CHAINED_PAYLOAD_HEADER and its payload. */
export interface CompressedPayload {
  readonly compressionAlgorithm: number;
  /** Only with LZNT1, LZ77, LZ77_HUFFMAN and LZ4: what the payload unfolds to; from the peer. */
  readonly originalPayloadSize?: number;
  /** A view when decoded. */
  readonly payload: Uint8Array;
}

/** [MS-SMB2] 2.2.42.2: several payloads, that unfold to the message in their order. */
export interface ChainedCompression {
  readonly kind: "chained";
  /** The length of the whole message; from the peer, to be bounded before anything is allocated. */
  readonly originalCompressedSegmentSize: number;
  readonly payloads: readonly CompressedPayload[];
}

/** [MS-SMB2] 2.2.42 SMB2 COMPRESSION_TRANSFORM_HEADER with what follows it. */
export type CompressionTransform = UnchainedCompression | ChainedCompression;

/** The bytes of a compressed message. */
export function encodeCompressionTransform(message: CompressionTransform): Uint8Array {
  return encodeBytes(8, (w) => {
    w.u32(ProtocolId.COMPRESSION); // ProtocolId
    w.u32(message.originalCompressedSegmentSize); // OriginalCompressedSegmentSize
    if (message.kind === "unchained") {
      w.begin(8);
      w.u16(message.compressionAlgorithm); // CompressionAlgorithm
      w.u16(CompressionFlags.NONE); // Flags
      w.u32(message.uncompressed.length); // Offset
      w.append(message.uncompressed).append(message.compressed);
      return;
    }
    message.payloads.forEach((item, index) => {
      const sizeLength = item.originalPayloadSize === undefined ? 0 : 4;
      w.begin(8 + sizeLength);
      w.u16(item.compressionAlgorithm); // CompressionAlgorithm
      w.u16(index === 0 ? CompressionFlags.CHAINED : CompressionFlags.NONE); // Flags
      w.u32(sizeLength + item.payload.length); // Length
      if (item.originalPayloadSize !== undefined) w.u32(item.originalPayloadSize);
      w.append(item.payload);
    });
  });
}

/**
 * Takes a compressed message apart, without unfolding it.
 *
 * @throws {WireFormatError} where it is not one, or a part lies outside of it
 */
export function decodeCompressionTransform(message: Uint8Array): CompressionTransform {
  const r = new Reader(message);
  if (r.u32() !== ProtocolId.COMPRESSION) {
    throw new WireFormatError("Not a compressed SMB2 message: wrong ProtocolId");
  }
  const originalCompressedSegmentSize = r.u32();
  const compressionAlgorithm = r.u16();
  const flags = r.u16();
  if (flags === CompressionFlags.CHAINED) {
    r.pos -= 4; // the first payload's header begins where the unchained form has these fields
    return { kind: "chained", originalCompressedSegmentSize, payloads: readPayloads(r) };
  }
  // [MS-SMB2] 2.2.42.1: Flags MUST be NONE.
  if (flags !== CompressionFlags.NONE) {
    throw new WireFormatError(`Compressed message: Flags is ${flags}`);
  }
  const uncompressed = r.raw(r.u32());
  return {
    kind: "unchained",
    originalCompressedSegmentSize,
    compressionAlgorithm,
    uncompressed,
    compressed: r.rest(),
  };
}

function readPayloads(r: Reader): CompressedPayload[] {
  const payloads: CompressedPayload[] = [];
  while (r.remaining > 0) {
    const compressionAlgorithm = r.u16();
    r.skip(2); // Flags
    const length = r.u32();
    if (!hasOriginalSize(compressionAlgorithm)) {
      payloads.push({ compressionAlgorithm, payload: r.raw(length) });
      continue;
    }
    // [MS-SMB2] 2.2.42.2.1: Length counts the field OriginalPayloadSize.
    if (length < 4) throw new WireFormatError(`Compressed payload: Length is ${length}`);
    const originalPayloadSize = r.u32();
    payloads.push({ compressionAlgorithm, originalPayloadSize, payload: r.raw(length - 4) });
  }
  return payloads;
}

function hasOriginalSize(algorithm: number): boolean {
  return algorithm !== CompressionAlgorithm.NONE && algorithm !== CompressionAlgorithm.PATTERN_V1;
}

/** [MS-SMB2] 2.2.42.2.2 SMB2_COMPRESSION_PATTERN_PAYLOAD_V1: one byte, many times. */
export interface PatternV1 {
  readonly pattern: number;
  /** From the peer, to be bounded before anything is allocated. */
  readonly repetitions: number;
}

/** The payload of a PATTERN_V1 item. */
export function encodePatternV1({ pattern, repetitions }: PatternV1): Uint8Array {
  // Pattern, Reserved1, Reserved2, Repetitions
  return encodeBytes(8, (w) => w.u8(pattern).u8(0).u16(0).u32(repetitions));
}

/** @throws {WireFormatError} where the payload is not of 8 bytes */
export function decodePatternV1(payload: Uint8Array): PatternV1 {
  if (payload.length !== 8) throw new WireFormatError(`Pattern payload of ${payload.length} bytes`);
  const r = new Reader(payload);
  const pattern = r.u8();
  r.skip(3); // Reserved1, Reserved2
  return { pattern, repetitions: r.u32() };
}
