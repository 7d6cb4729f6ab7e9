import { WireFormatError } from "../errors.ts";
import { sizeOf } from "../wire/file-size.ts";
import type { FileTime } from "../wire/file-time.ts";
import { encodeUtf16 } from "../wire/utf16.ts";
import { Writer } from "../wire/writer.ts";
import { FileAttributes } from "./file-attributes.ts";
import { FileInformationClass } from "./file-information-class.ts";

/** One entry of a directory, as QUERY_DIRECTORY gives it. */
export interface DirectoryEntry {
  /** As the server sent it: no part of a path, local or remote, until it was checked; see `entryPath`. */
  readonly name: string;
  /** The 8.3 name; "" where there is none or the class does not carry it. */
  readonly shortName: string;
  /** [MS-FSCC] 2.6. */
  readonly attributes: number;
  /**
   * The tag of a reparse point ([MS-FSCC] 2.1.2.1), which the server sends in the place of EaSize; 0
   * for all else, and where the class does not carry it. Ask `isLink` what it means.
   */
  readonly reparseTag: number;
  /** EndOfFile, in bytes; UNKNOWN_SIZE where the server's value is none that a file can have. */
  readonly size: number;
  /** In bytes; UNKNOWN_SIZE likewise. */
  readonly allocationSize: number;
  readonly creationTime: FileTime;
  readonly lastAccessTime: FileTime;
  readonly lastWriteTime: FileTime;
  readonly changeTime: FileTime;
  /** 0n where the server has none or the class does not carry it. */
  readonly fileId: bigint;
}

/** The classes that carry whole entries; `FileInformationClass.NAMES` carries names alone. */
export type DirectoryInformationClass =
  | typeof FileInformationClass.DIRECTORY
  | typeof FileInformationClass.FULL_DIRECTORY
  | typeof FileInformationClass.ID_FULL_DIRECTORY
  | typeof FileInformationClass.BOTH_DIRECTORY
  | typeof FileInformationClass.ID_BOTH_DIRECTORY;

/** Where the fields lie that not every class has; -1 where one has not. */
interface Layout {
  /** Where FileName starts. */
  readonly name: number;
  readonly eaSize: number;
  readonly shortName: number;
  readonly fileId: number;
}

/** [MS-FSCC] 2.4, the File…DirectoryInformation structures: the first 64 bytes are the same in all. */
const LAYOUTS: Record<DirectoryInformationClass, Layout> = {
  [FileInformationClass.DIRECTORY]: { name: 64, eaSize: -1, shortName: -1, fileId: -1 },
  [FileInformationClass.FULL_DIRECTORY]: { name: 68, eaSize: 64, shortName: -1, fileId: -1 },
  [FileInformationClass.ID_FULL_DIRECTORY]: { name: 80, eaSize: 64, shortName: -1, fileId: 72 },
  [FileInformationClass.BOTH_DIRECTORY]: { name: 94, eaSize: 64, shortName: 68, fileId: -1 },
  [FileInformationClass.ID_BOTH_DIRECTORY]: { name: 104, eaSize: 64, shortName: 68, fileId: 96 },
};

/** ShortNameLength and Reserved precede the 24 bytes of ShortName. */
const SHORT_NAME_BYTES = 24;

/**
 * Decodes a whole QUERY_DIRECTORY buffer of FileIdBothDirectoryInformation ([MS-FSCC] 2.4).
 *
 * @throws {WireFormatError} where an entry, its name or its successor lies outside the buffer
 */
export function decodeIdBothDirectory(bytes: Uint8Array): DirectoryEntry[] {
  return decodeDirectory(FileInformationClass.ID_BOTH_DIRECTORY, bytes);
}

/**
 * Decodes a whole QUERY_DIRECTORY buffer of one of the classes that carry entries. An empty buffer
 * has no entries.
 *
 * @throws {WireFormatError} where an entry, its name or its successor lies outside the buffer
 */
export function decodeDirectory(
  informationClass: DirectoryInformationClass,
  bytes: Uint8Array,
): DirectoryEntry[] {
  const layout = LAYOUTS[informationClass];
  const entries: DirectoryEntry[] = [];
  // One Buffer and one DataView for all entries: a view for each costs more than its decoding.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 0) return entries;
  for (let at = 0, next = 0; ; at = next) {
    const nameLength = checkedNameLength(view, at, layout.name, 60);
    next = nextEntry(view, at, layout.name + nameLength);
    entries.push(readEntry(view, text, at, layout, nameLength));
    if (next === 0) return entries;
  }
}

/**
 * Decodes a buffer of FileNamesInformation ([MS-FSCC] 2.4).
 *
 * @throws {WireFormatError} where an entry, its name or its successor lies outside the buffer
 */
export function decodeFileNames(bytes: Uint8Array): string[] {
  const names: string[] = [];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length === 0) return names;
  for (let at = 0, next = 0; ; at = next) {
    const nameLength = checkedNameLength(view, at, 12, 8);
    next = nextEntry(view, at, 12 + nameLength);
    names.push(text.toString("utf16le", at + 12, at + 12 + nameLength));
    if (next === 0) return names;
  }
}

/** Encodes entries as a server does, each aligned to 8 bytes. */
export function encodeDirectory(
  informationClass: DirectoryInformationClass,
  entries: readonly DirectoryEntry[],
): Uint8Array {
  const layout = LAYOUTS[informationClass];
  const w = new Writer(256 * (entries.length + 1));
  let previous = -1;
  for (const entry of entries) {
    w.align(8);
    const start = w.length;
    if (previous >= 0) w.setU32(previous, start - previous);
    previous = start;
    writeEntry(w.begin(layout.name), entry, layout);
  }
  return w.bytes.slice(0, w.length);
}

function readEntry(
  view: DataView,
  text: Buffer,
  at: number,
  layout: Layout,
  nameLength: number,
): DirectoryEntry {
  const nameAt = at + layout.name;
  const attributes = view.getUint32(at + 56, true);
  return {
    name: text.toString("utf16le", nameAt, nameAt + nameLength),
    shortName: layout.shortName < 0 ? "" : readShortName(view, text, at + layout.shortName),
    attributes,
    reparseTag: carriesTag(attributes, layout) ? view.getUint32(at + layout.eaSize, true) : 0,
    size: readSize(view, at + 40),
    allocationSize: readSize(view, at + 48),
    creationTime: view.getBigUint64(at + 8, true),
    lastAccessTime: view.getBigUint64(at + 16, true),
    lastWriteTime: view.getBigUint64(at + 24, true),
    changeTime: view.getBigUint64(at + 32, true),
    fileId: layout.fileId < 0 ? 0n : view.getBigUint64(at + layout.fileId, true),
  };
}

function readShortName(view: DataView, text: Buffer, at: number): string {
  const length = view.getUint8(at);
  if (length === 0) return "";
  if (length > SHORT_NAME_BYTES || length % 2 !== 0) {
    throw new WireFormatError(`Directory entry: a ShortNameLength of ${length} bytes`);
  }
  return text.toString("utf16le", at + 2, at + 2 + length);
}

/** FileNameLength of the entry at `at`, once its fixed part and its name are known to be there. */
function checkedNameLength(view: DataView, at: number, fixed: number, lengthAt: number): number {
  if (at + fixed > view.byteLength) {
    throw new WireFormatError(`Directory entry: cut off at ${at} of ${view.byteLength} bytes`);
  }
  const length = view.getUint32(at + lengthAt, true);
  if (length % 2 !== 0 || at + fixed + length > view.byteLength) {
    throw new WireFormatError(`Directory entry at ${at}: a FileNameLength of ${length} bytes`);
  }
  return length;
}

/** Where the next entry starts, 0 after the last one. Always forward, so a chain cannot loop. */
function nextEntry(view: DataView, at: number, length: number): number {
  const offset = view.getUint32(at, true);
  if (offset === 0) return 0;
  if (offset < length || at + offset >= view.byteLength) {
    throw new WireFormatError(`Directory entry at ${at}: a NextEntryOffset of ${offset}`);
  }
  return at + offset;
}

/** [MS-FSCC] 2.4.17: EaSize holds the reparse tag where the file is a reparse point. */
function carriesTag(attributes: number, layout: Layout): boolean {
  return layout.eaSize >= 0 && (attributes & FileAttributes.REPARSE_POINT) !== 0;
}

function readSize(view: DataView, at: number): number {
  return sizeOf(view.getUint32(at, true), view.getUint32(at + 4, true));
}

function writeEntry(w: Writer, entry: DirectoryEntry, layout: Layout): void {
  const start = w.pos;
  const name = encodeUtf16(entry.name);
  w.u32(0); // NextEntryOffset: set when a next entry follows
  w.u32(0); // FileIndex
  w.big64(entry.creationTime); // CreationTime
  w.big64(entry.lastAccessTime); // LastAccessTime
  w.big64(entry.lastWriteTime); // LastWriteTime
  w.big64(entry.changeTime); // ChangeTime
  w.u64(entry.size); // EndOfFile
  w.u64(entry.allocationSize); // AllocationSize
  w.u32(entry.attributes); // FileAttributes
  w.u32(name.length); // FileNameLength
  if (carriesTag(entry.attributes, layout)) {
    w.pos = start + layout.eaSize;
    w.u32(entry.reparseTag); // EaSize
  }
  if (layout.shortName >= 0) {
    const shortName = encodeUtf16(entry.shortName);
    w.pos = start + layout.shortName;
    w.u8(shortName.length).u8(0).raw(shortName); // ShortNameLength, Reserved, ShortName
  }
  if (layout.fileId >= 0) {
    w.pos = start + layout.fileId;
    w.big64(entry.fileId); // FileId
  }
  w.pos = start + layout.name;
  w.append(name); // FileName
}
