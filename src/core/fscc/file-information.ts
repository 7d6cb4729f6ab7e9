import type { FileTime } from "../wire/file-time.ts";
import { Reader } from "../wire/reader.ts";
import { decodeUtf16, encodeUtf16 } from "../wire/utf16.ts";
import { encodeBytes, type Writer } from "../wire/writer.ts";

/** [MS-FSCC] 2.4.7 FileBasicInformation. */
export interface FileBasicInformation {
  readonly creationTime: FileTime;
  readonly lastAccessTime: FileTime;
  readonly lastWriteTime: FileTime;
  readonly changeTime: FileTime;
  /** [MS-FSCC] 2.6. */
  readonly attributes: number;
}

const BASIC_LENGTH = 40;

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFileBasic(bytes: Uint8Array): FileBasicInformation {
  return readBasic(new Reader(bytes));
}

/** What is left out is sent as 0, which leaves it unchanged on the server. */
export function encodeFileBasic(info: Partial<FileBasicInformation>): Uint8Array {
  return encodeBytes(BASIC_LENGTH, (w) => writeBasic(w, info));
}

/** [MS-FSCC] 2.4 FileStandardInformation. */
export interface FileStandardInformation {
  /** In bytes. */
  readonly allocationSize: number;
  /** EndOfFile, in bytes. */
  readonly size: number;
  readonly links: number;
  readonly deletePending: boolean;
  readonly isDirectory: boolean;
}

const STANDARD_LENGTH = 24;

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFileStandard(bytes: Uint8Array): FileStandardInformation {
  return readStandard(new Reader(bytes));
}

export function encodeFileStandard(info: FileStandardInformation): Uint8Array {
  return encodeBytes(STANDARD_LENGTH, (w) => writeStandard(w, info));
}

/** [MS-FSCC] 2.4.2 FileAllInformation. */
export interface FileAllInformation extends FileBasicInformation, FileStandardInformation {
  /** 0n where the server has none. */
  readonly fileId: bigint;
  /** In bytes. */
  readonly eaSize: number;
  readonly accessFlags: number;
  readonly position: number;
  readonly mode: number;
  readonly alignment: number;
  /** From the share's root, with a leading backslash. */
  readonly name: string;
}

/**
 * Decodes as much of FileName as arrived: a query with a small buffer cuts it off, with
 * BUFFER_OVERFLOW.
 *
 * @throws {WireFormatError} where the fixed part ends too early
 */
export function decodeFileAll(bytes: Uint8Array): FileAllInformation {
  const r = new Reader(bytes);
  const basic = readBasic(r);
  const standard = readStandard(r);
  const fileId = r.big64();
  const eaSize = r.u32();
  const accessFlags = r.u32();
  const position = readPosition(r);
  const mode = r.u32();
  const alignment = r.u32();
  const nameLength = Math.min(r.u32(), r.remaining) & ~1;
  const name = decodeUtf16(r.raw(nameLength));
  return { ...basic, ...standard, fileId, eaSize, accessFlags, position, mode, alignment, name };
}

export function encodeFileAll(info: FileAllInformation): Uint8Array {
  const name = encodeUtf16(info.name);
  return encodeBytes(100, (w) => {
    writeBasic(w, info); // BasicInformation
    writeStandard(w, info); // StandardInformation
    w.big64(info.fileId); // InternalInformation
    w.u32(info.eaSize); // EaInformation
    w.u32(info.accessFlags); // AccessInformation
    w.u64(info.position); // PositionInformation
    w.u32(info.mode); // ModeInformation
    w.u32(info.alignment); // AlignmentInformation
    w.u32(name.length); // NameInformation: FileNameLength
    w.append(name); // NameInformation: FileName
  });
}

/** [MS-FSCC] 2.4 FileNetworkOpenInformation. */
export interface FileNetworkOpenInformation extends FileBasicInformation {
  /** In bytes. */
  readonly allocationSize: number;
  /** EndOfFile, in bytes. */
  readonly size: number;
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFileNetworkOpen(bytes: Uint8Array): FileNetworkOpenInformation {
  const r = new Reader(bytes);
  const times = readTimes(r);
  const allocationSize = r.size64();
  const size = r.size64();
  const attributes = r.u32();
  r.skip(4);
  return { ...times, attributes, allocationSize, size };
}

export function encodeFileNetworkOpen(info: FileNetworkOpenInformation): Uint8Array {
  return encodeBytes(56, (w) => {
    writeTimes(w, info); // CreationTime … ChangeTime
    w.u64(info.allocationSize); // AllocationSize
    w.u64(info.size); // EndOfFile
    w.u32(info.attributes); // FileAttributes
    w.u32(0); // Reserved
  });
}

/** [MS-FSCC] 2.4.6 FileAttributeTagInformation. */
export interface FileAttributeTagInformation {
  readonly attributes: number;
  /** 0 where the file is no reparse point. */
  readonly reparseTag: number;
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFileAttributeTag(bytes: Uint8Array): FileAttributeTagInformation {
  const r = new Reader(bytes);
  return { attributes: r.u32(), reparseTag: r.u32() };
}

export function encodeFileAttributeTag(info: FileAttributeTagInformation): Uint8Array {
  return encodeBytes(8, (w) => w.u32(info.attributes).u32(info.reparseTag));
}

/** [MS-FSCC] 2.4.9 FileCompressionInformation. */
export interface FileCompressionInformation {
  /** What the file takes on disk, in bytes. */
  readonly compressedSize: number;
  /** 0 for none, 2 for LZNT1. */
  readonly format: number;
  readonly unitShift: number;
  readonly chunkShift: number;
  readonly clusterShift: number;
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFileCompression(bytes: Uint8Array): FileCompressionInformation {
  const r = new Reader(bytes);
  const compressedSize = r.size64();
  const format = r.u16();
  const unitShift = r.u8();
  const chunkShift = r.u8();
  const clusterShift = r.u8();
  r.skip(3);
  return { compressedSize, format, unitShift, chunkShift, clusterShift };
}

export function encodeFileCompression(info: FileCompressionInformation): Uint8Array {
  return encodeBytes(16, (w) => {
    w.u64(info.compressedSize); // CompressedFileSize
    w.u16(info.format); // CompressionFormat
    w.u8(info.unitShift); // CompressionUnitShift
    w.u8(info.chunkShift); // ChunkShift
    w.u8(info.clusterShift); // ClusterShift
    w.zero(3); // Reserved
  });
}

/**
 * [MS-FSCC] 2.4 FileInternalInformation: the file's number, 0n where the server has none.
 *
 * @throws {WireFormatError} where the bytes end too early
 */
export function decodeFileInternal(bytes: Uint8Array): bigint {
  return new Reader(bytes).big64();
}

export function encodeFileInternal(fileId: bigint): Uint8Array {
  return encodeBytes(8, (w) => w.big64(fileId));
}

/**
 * [MS-FSCC] 2.4 FileEaInformation: the size of the extended attributes, in bytes.
 *
 * @throws {WireFormatError} where the bytes end too early
 */
export function decodeFileEa(bytes: Uint8Array): number {
  return new Reader(bytes).u32();
}

export function encodeFileEa(eaSize: number): Uint8Array {
  return encodeBytes(4, (w) => w.u32(eaSize));
}

/**
 * One 64-bit count of bytes: the whole of FileEndOfFileInformation, FileAllocationInformation,
 * FileValidDataLengthInformation and FilePositionInformation ([MS-FSCC] 2.4).
 *
 * @throws {WireFormatError} where the bytes end too early
 */
export function decodeFileSize(bytes: Uint8Array): number {
  return new Reader(bytes).size64();
}

/** The mirror image of {@link decodeFileSize}: sets the end of a file or what is set aside for it. */
export function encodeFileSize(size: number): Uint8Array {
  return encodeBytes(8, (w) => w.u64(size));
}

/** [MS-FSCC] 2.4.11 FileDispositionInformation: whether the file goes when it is closed. */
export function encodeFileDisposition(deletePending: boolean): Uint8Array {
  return encodeBytes(1, (w) => w.u8(deletePending ? 1 : 0));
}

/** @throws {WireFormatError} where there are no bytes */
export function decodeFileDisposition(bytes: Uint8Array): boolean {
  return new Reader(bytes).u8() !== 0;
}

/** [MS-FSCC] 2.4.12 Flags of FileDispositionInformationEx. */
export const FileDispositionFlags = {
  DELETE: 0x01,
  POSIX_SEMANTICS: 0x02,
  FORCE_IMAGE_SECTION_CHECK: 0x04,
  ON_CLOSE: 0x08,
  IGNORE_READONLY_ATTRIBUTE: 0x10,
} as const;

/** [MS-FSCC] 2.4.12 FileDispositionInformationEx. */
export function encodeFileDispositionEx(flags: number): Uint8Array {
  return encodeBytes(4, (w) => w.u32(flags));
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFileDispositionEx(bytes: Uint8Array): number {
  return new Reader(bytes).u32();
}

function readTimes(r: Reader): Omit<FileBasicInformation, "attributes"> {
  const creationTime = r.big64();
  const lastAccessTime = r.big64();
  const lastWriteTime = r.big64();
  const changeTime = r.big64();
  return { creationTime, lastAccessTime, lastWriteTime, changeTime };
}

function writeTimes(w: Writer, info: Partial<FileBasicInformation>): void {
  w.big64(info.creationTime ?? 0n); // CreationTime
  w.big64(info.lastAccessTime ?? 0n); // LastAccessTime
  w.big64(info.lastWriteTime ?? 0n); // LastWriteTime
  w.big64(info.changeTime ?? 0n); // ChangeTime
}

function readBasic(r: Reader): FileBasicInformation {
  const times = readTimes(r);
  const attributes = r.u32();
  r.skip(4);
  return { ...times, attributes };
}

function writeBasic(w: Writer, info: Partial<FileBasicInformation>): void {
  writeTimes(w, info);
  w.u32(info.attributes ?? 0); // FileAttributes
  w.u32(0); // Reserved
}

function readStandard(r: Reader): FileStandardInformation {
  const allocationSize = r.size64();
  const size = r.size64();
  const links = r.u32();
  const deletePending = r.u8() !== 0;
  const isDirectory = r.u8() !== 0;
  r.skip(2);
  return { allocationSize, size, links, deletePending, isDirectory };
}

function writeStandard(w: Writer, info: FileStandardInformation): void {
  w.u64(info.allocationSize); // AllocationSize
  w.u64(info.size); // EndOfFile
  w.u32(info.links); // NumberOfLinks
  w.u8(info.deletePending ? 1 : 0); // DeletePending
  w.u8(info.isDirectory ? 1 : 0); // Directory
  w.u16(0); // Reserved
}

/** CurrentByteOffset of a handle nobody has moved: servers answer 0, some leave it undefined. */
function readPosition(r: Reader): number {
  const position = r.big64();
  return position > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(position);
}
