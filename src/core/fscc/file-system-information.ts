import { WireFormatError } from "../errors.ts";
import type { FileTime } from "../wire/file-time.ts";
import { Reader } from "../wire/reader.ts";
import { decodeUtf16, encodeUtf16 } from "../wire/utf16.ts";
import { encodeBytes } from "../wire/writer.ts";

/** [MS-FSCC] 2.5.9 FileFsVolumeInformation. */
export interface FsVolumeInformation {
  readonly creationTime: FileTime;
  readonly serialNumber: number;
  readonly supportsObjects: boolean;
  readonly label: string;
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFsVolume(bytes: Uint8Array): FsVolumeInformation {
  const r = new Reader(bytes);
  const creationTime = r.big64();
  const serialNumber = r.u32();
  const labelLength = r.u32();
  const supportsObjects = r.u8() !== 0;
  r.skip(1);
  return { creationTime, serialNumber, supportsObjects, label: readName(r, labelLength) };
}

export function encodeFsVolume(info: FsVolumeInformation): Uint8Array {
  const label = encodeUtf16(info.label);
  return encodeBytes(18, (w) => {
    w.big64(info.creationTime); // VolumeCreationTime
    w.u32(info.serialNumber); // VolumeSerialNumber
    w.u32(label.length); // VolumeLabelLength
    w.u8(info.supportsObjects ? 1 : 0); // SupportsObjects
    w.u8(0); // Reserved
    w.append(label); // VolumeLabel
  });
}

/** [MS-FSCC] 2.5.8 FileFsSizeInformation. */
export interface FsSizeInformation {
  readonly totalUnits: number;
  /** What the user may still use: a quota may make it less than what is free. */
  readonly availableUnits: number;
  readonly sectorsPerUnit: number;
  readonly bytesPerSector: number;
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFsSize(bytes: Uint8Array): FsSizeInformation {
  const r = new Reader(bytes);
  const totalUnits = readUnits(r);
  const availableUnits = readUnits(r);
  return { totalUnits, availableUnits, sectorsPerUnit: r.u32(), bytesPerSector: r.u32() };
}

export function encodeFsSize(info: FsSizeInformation): Uint8Array {
  return encodeBytes(24, (w) => {
    w.u64(info.totalUnits); // TotalAllocationUnits
    w.u64(info.availableUnits); // AvailableAllocationUnits
    w.u32(info.sectorsPerUnit); // SectorsPerAllocationUnit
    w.u32(info.bytesPerSector); // BytesPerSector
  });
}

/** [MS-FSCC] 2.5.4 FileFsFullSizeInformation. */
export interface FsFullSizeInformation {
  readonly totalUnits: number;
  /** What the caller may still use. */
  readonly callerAvailableUnits: number;
  /** What is free on the volume. */
  readonly actualAvailableUnits: number;
  readonly sectorsPerUnit: number;
  readonly bytesPerSector: number;
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFsFullSize(bytes: Uint8Array): FsFullSizeInformation {
  const r = new Reader(bytes);
  const totalUnits = readUnits(r);
  const callerAvailableUnits = readUnits(r);
  const actualAvailableUnits = readUnits(r);
  const sectorsPerUnit = r.u32();
  const bytesPerSector = r.u32();
  return { totalUnits, callerAvailableUnits, actualAvailableUnits, sectorsPerUnit, bytesPerSector };
}

export function encodeFsFullSize(info: FsFullSizeInformation): Uint8Array {
  return encodeBytes(32, (w) => {
    w.u64(info.totalUnits); // TotalAllocationUnits
    w.u64(info.callerAvailableUnits); // CallerAvailableAllocationUnits
    w.u64(info.actualAvailableUnits); // ActualAvailableAllocationUnits
    w.u32(info.sectorsPerUnit); // SectorsPerAllocationUnit
    w.u32(info.bytesPerSector); // BytesPerSector
  });
}

/** [MS-FSCC] 2.5.10 FileFsDeviceInformation. */
export interface FsDeviceInformation {
  readonly deviceType: number;
  readonly characteristics: number;
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFsDevice(bytes: Uint8Array): FsDeviceInformation {
  const r = new Reader(bytes);
  return { deviceType: r.u32(), characteristics: r.u32() };
}

export function encodeFsDevice(info: FsDeviceInformation): Uint8Array {
  return encodeBytes(8, (w) => w.u32(info.deviceType).u32(info.characteristics));
}

/** [MS-FSCC] 2.5.1 FileSystemAttributes (those that a client acts on). */
export const FileSystemAttributes = {
  CASE_SENSITIVE_SEARCH: 0x0000_0001,
  CASE_PRESERVED_NAMES: 0x0000_0002,
  UNICODE_ON_DISK: 0x0000_0004,
  PERSISTENT_ACLS: 0x0000_0008,
  FILE_COMPRESSION: 0x0000_0010,
  VOLUME_QUOTAS: 0x0000_0020,
  SUPPORTS_SPARSE_FILES: 0x0000_0040,
  SUPPORTS_REPARSE_POINTS: 0x0000_0080,
  VOLUME_IS_COMPRESSED: 0x0000_8000,
  SUPPORTS_OBJECT_IDS: 0x0001_0000,
  SUPPORTS_ENCRYPTION: 0x0002_0000,
  NAMED_STREAMS: 0x0004_0000,
  READ_ONLY_VOLUME: 0x0008_0000,
  SUPPORTS_TRANSACTIONS: 0x0020_0000,
  SUPPORTS_HARD_LINKS: 0x0040_0000,
  SUPPORTS_EXTENDED_ATTRIBUTES: 0x0080_0000,
  SUPPORTS_OPEN_BY_FILE_ID: 0x0100_0000,
  SUPPORTS_BLOCK_REFCOUNTING: 0x0800_0000,
} as const;

/** [MS-FSCC] 2.5.1 FileFsAttributeInformation. */
export interface FsAttributeInformation {
  readonly attributes: number;
  /** The longest name of a file or directory, in characters; Samba gives bytes. */
  readonly maximumComponentNameLength: number;
  /** `NTFS`, whatever the server wants to be taken for. */
  readonly fileSystemName: string;
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFsAttribute(bytes: Uint8Array): FsAttributeInformation {
  const r = new Reader(bytes);
  const attributes = r.u32();
  const maximumComponentNameLength = r.u32();
  return { attributes, maximumComponentNameLength, fileSystemName: readName(r, r.u32()) };
}

export function encodeFsAttribute(info: FsAttributeInformation): Uint8Array {
  const name = encodeUtf16(info.fileSystemName);
  return encodeBytes(12, (w) => {
    w.u32(info.attributes); // FileSystemAttributes
    w.u32(info.maximumComponentNameLength); // MaximumComponentNameLength
    w.u32(name.length); // FileSystemNameLength
    w.append(name); // FileSystemName
  });
}

/** [MS-FSCC] 2.5.7 FileFsSectorSizeInformation. All sizes in bytes. */
export interface FsSectorSizeInformation {
  readonly logicalBytesPerSector: number;
  readonly physicalBytesPerSectorForAtomicity: number;
  readonly physicalBytesPerSectorForPerformance: number;
  readonly effectivePhysicalBytesPerSectorForAtomicity: number;
  readonly flags: number;
  readonly byteOffsetForSectorAlignment: number;
  readonly byteOffsetForPartitionAlignment: number;
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeFsSectorSize(bytes: Uint8Array): FsSectorSizeInformation {
  const r = new Reader(bytes);
  return {
    logicalBytesPerSector: r.u32(),
    physicalBytesPerSectorForAtomicity: r.u32(),
    physicalBytesPerSectorForPerformance: r.u32(),
    effectivePhysicalBytesPerSectorForAtomicity: r.u32(),
    flags: r.u32(),
    byteOffsetForSectorAlignment: r.u32(),
    byteOffsetForPartitionAlignment: r.u32(),
  };
}

export function encodeFsSectorSize(info: FsSectorSizeInformation): Uint8Array {
  return encodeBytes(28, (w) => {
    w.u32(info.logicalBytesPerSector); // LogicalBytesPerSector
    w.u32(info.physicalBytesPerSectorForAtomicity); // PhysicalBytesPerSectorForAtomicity
    w.u32(info.physicalBytesPerSectorForPerformance); // PhysicalBytesPerSectorForPerformance
    w.u32(info.effectivePhysicalBytesPerSectorForAtomicity); // FileSystemEffective…ForAtomicity
    w.u32(info.flags); // Flags
    w.u32(info.byteOffsetForSectorAlignment); // ByteOffsetForSectorAlignment
    w.u32(info.byteOffsetForPartitionAlignment); // ByteOffsetForPartitionAlignment
  });
}

/** UTF-16LE of `length` bytes at the reader's position. */
function readName(r: Reader, length: number): string {
  if (length % 2 !== 0) throw new WireFormatError(`A name of ${length} bytes is not UTF-16`);
  return decodeUtf16(r.raw(length));
}

/** A count of units. Signed in the specification; file systems without a limit answer with -1. */
function readUnits(r: Reader): number {
  const units = BigInt.asIntN(64, r.big64());
  if (units < 0n) return Number.MAX_SAFE_INTEGER;
  return Number(units > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : units);
}
