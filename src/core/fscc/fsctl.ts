import { Reader } from "../wire/reader.ts";
import { decodeUtf16 } from "../wire/utf16.ts";
import { encodeBytes } from "../wire/writer.ts";

/** [MS-SMB2] 2.2.31.4 VALIDATE_NEGOTIATE_INFO Request. */
export interface ValidateNegotiateInfoRequest {
  readonly capabilities: number;
  /** 16 bytes. */
  readonly guid: Uint8Array;
  readonly securityMode: number;
  readonly dialects: readonly number[];
}

export function encodeValidateNegotiateInfoRequest(m: ValidateNegotiateInfoRequest): Uint8Array {
  return encodeBytes(24 + 2 * m.dialects.length, (w) => {
    w.u32(m.capabilities); // Capabilities
    w.raw(m.guid); // Guid
    w.u16(m.securityMode); // SecurityMode
    w.u16(m.dialects.length); // DialectCount
    for (const dialect of m.dialects) w.u16(dialect); // Dialects
  });
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeValidateNegotiateInfoRequest(
  bytes: Uint8Array,
): ValidateNegotiateInfoRequest {
  const r = new Reader(bytes);
  const capabilities = r.u32();
  const guid = r.raw(16);
  const securityMode = r.u16();
  const count = r.u16();
  const dialects = Array.from({ length: r.expectCount(count, 2) }, () => r.u16());
  return { capabilities, guid, securityMode, dialects };
}

/** [MS-SMB2] 2.2.32.6 VALIDATE_NEGOTIATE_INFO Response. */
export interface ValidateNegotiateInfoResponse {
  readonly capabilities: number;
  /** 16 bytes. */
  readonly guid: Uint8Array;
  readonly securityMode: number;
  readonly dialect: number;
}

export function encodeValidateNegotiateInfoResponse(m: ValidateNegotiateInfoResponse): Uint8Array {
  return encodeBytes(24, (w) => {
    w.u32(m.capabilities); // Capabilities
    w.raw(m.guid); // Guid
    w.u16(m.securityMode); // SecurityMode
    w.u16(m.dialect); // Dialect
  });
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeValidateNegotiateInfoResponse(
  bytes: Uint8Array,
): ValidateNegotiateInfoResponse {
  const r = new Reader(bytes);
  return { capabilities: r.u32(), guid: r.raw(16), securityMode: r.u16(), dialect: r.u16() };
}

/** The length of the key that names a source file ([MS-SMB2] 2.2.32.3). */
export const RESUME_KEY_LENGTH = 24;

/**
 * [MS-SMB2] 2.2.32.3 SRV_REQUEST_RESUME_KEY Response: the key, 24 opaque bytes of their own.
 *
 * @throws {WireFormatError} where the bytes end too early
 */
export function decodeResumeKey(bytes: Uint8Array): Uint8Array {
  return new Reader(bytes).raw(RESUME_KEY_LENGTH).slice();
}

export function encodeResumeKey(key: Uint8Array): Uint8Array {
  // ContextLength is 0, and some clients expect four bytes of Context all the same.
  return encodeBytes(RESUME_KEY_LENGTH + 8, (w) => w.raw(key).zero(8));
}

/** [MS-SMB2] 2.2.31.1.1 SRV_COPYCHUNK. All in bytes. */
export interface CopyChunk {
  readonly sourceOffset: number;
  readonly targetOffset: number;
  readonly length: number;
}

/** [MS-SMB2] 2.2.31.1 SRV_COPYCHUNK_COPY. */
export function encodeCopyChunkCopy(key: Uint8Array, chunks: readonly CopyChunk[]): Uint8Array {
  return encodeBytes(32 + 24 * chunks.length, (w) => {
    w.raw(key); // SourceKey
    w.u32(chunks.length); // ChunkCount
    w.u32(0); // Reserved
    for (const chunk of chunks) {
      w.u64(chunk.sourceOffset); // SourceOffset
      w.u64(chunk.targetOffset); // TargetOffset
      w.u32(chunk.length); // Length
      w.u32(0); // Reserved
    }
  });
}

/** @throws {WireFormatError} where the bytes end before the chunks that are announced */
export function decodeCopyChunkCopy(bytes: Uint8Array): {
  readonly key: Uint8Array;
  readonly chunks: CopyChunk[];
} {
  const r = new Reader(bytes);
  const key = r.raw(RESUME_KEY_LENGTH);
  const count = r.u32();
  r.skip(4);
  const chunks = Array.from({ length: r.expectCount(count, 24) }, () => {
    const chunk = { sourceOffset: r.u64(), targetOffset: r.u64(), length: r.u32() };
    r.skip(4);
    return chunk;
  });
  return { key, chunks };
}

/** [MS-SMB2] 2.2.32.1 SRV_COPYCHUNK_RESPONSE; with INVALID_PARAMETER, the server's limits. */
export interface CopyChunkResponse {
  /** Chunks written; or the most chunks in one request. */
  readonly chunksWritten: number;
  /** Bytes of a chunk that was cut short; or the most bytes of a chunk. */
  readonly chunkBytesWritten: number;
  /** Bytes in all; or the most bytes of a request. */
  readonly totalBytesWritten: number;
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeCopyChunkResponse(bytes: Uint8Array): CopyChunkResponse {
  const r = new Reader(bytes);
  return { chunksWritten: r.u32(), chunkBytesWritten: r.u32(), totalBytesWritten: r.u32() };
}

export function encodeCopyChunkResponse(m: CopyChunkResponse): Uint8Array {
  return encodeBytes(12, (w) =>
    w.u32(m.chunksWritten).u32(m.chunkBytesWritten).u32(m.totalBytesWritten),
  );
}

/** [MS-SMB2] 2.2.32.2 SRV_SNAPSHOT_ARRAY. */
export interface SnapshotArray {
  /** How many there are; more than `names` where the buffer was too small. */
  readonly total: number;
  /** How large a buffer must be to hold all names, in bytes. */
  readonly neededBytes: number;
  /** `@GMT-2026.01.31-12.00.00`. */
  readonly names: readonly string[];
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeSnapshotArray(bytes: Uint8Array): SnapshotArray {
  const r = new Reader(bytes);
  const total = r.u32();
  const returned = r.u32();
  const neededBytes = r.u32();
  // A server that was given too small a buffer announces the size and returns no name.
  const length = returned === 0 ? 0 : Math.min(neededBytes, r.remaining) & ~1;
  const names = decodeUtf16(r.raw(length))
    .split("\0")
    .filter((name) => name !== "");
  return { total, neededBytes, names };
}

/** [MS-FSCC] 2.3 FILE_ALLOCATED_RANGE_BUFFER: a part of a file, in bytes. */
export interface AllocatedRange {
  readonly offset: number;
  readonly length: number;
}

/** The question of FSCTL_QUERY_ALLOCATED_RANGES: which parts of this range hold data? */
export function encodeAllocatedRange(range: AllocatedRange): Uint8Array {
  return encodeBytes(16, (w) => w.u64(range.offset).u64(range.length));
}

/**
 * The answer of FSCTL_QUERY_ALLOCATED_RANGES; an odd rest, cut off by the buffer, is left out.
 *
 * @throws {WireFormatError} where an offset or a length is beyond 2^53
 */
export function decodeAllocatedRanges(bytes: Uint8Array): AllocatedRange[] {
  const r = new Reader(bytes);
  const count = Math.floor(bytes.length / 16);
  return Array.from({ length: count }, () => ({ offset: r.u64(), length: r.u64() }));
}

/** [MS-FSCC] 2.3 FILE_ZERO_DATA_INFORMATION: `beyondFinalZero` is the first byte that is kept. */
export function encodeZeroData(offset: number, beyondFinalZero: number): Uint8Array {
  return encodeBytes(16, (w) => w.u64(offset).u64(beyondFinalZero));
}

/** [MS-FSCC] 2.3 FILE_SET_SPARSE_BUFFER. */
export function encodeSetSparse(isSparse: boolean): Uint8Array {
  return encodeBytes(1, (w) => w.u8(isSparse ? 1 : 0));
}
