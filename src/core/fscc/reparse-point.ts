import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { decodeUtf16, encodeUtf16 } from "../wire/utf16.ts";
import { encodeBytes, type Writer } from "../wire/writer.ts";
import { FileAttributes } from "./file-attributes.ts";

/** [MS-FSCC] 2.1.2.1: the tags that a client meets. */
export const ReparseTag = {
  MOUNT_POINT: 0xa000_0003,
  SYMLINK: 0xa000_000c,
  DFS: 0x8000_000a,
  DFSR: 0x8000_0012,
  DEDUP: 0x8000_0013,
  NFS: 0x8000_0014,
  APPEXECLINK: 0x8000_001b,
  LX_SYMLINK: 0xa000_001d,
  AF_UNIX: 0x8000_0023,
  LX_FIFO: 0x8000_0024,
  LX_CHR: 0x8000_0025,
  LX_BLK: 0x8000_0026,
} as const;

/** [MS-FSCC] 2.1.2.1, the N bit: the file stands for another named one. */
const NAME_SURROGATE = 0x2000_0000;

/**
 * Whether a listed entry is a link to something else rather than a file or directory that happens to
 * be a reparse point, as deduplicated files and the folders of OneDrive are. Where the server does not
 * say which kind it is, it may be a link.
 */
export function isLink(entry: {
  readonly attributes: number;
  readonly reparseTag: number;
}): boolean {
  if ((entry.attributes & FileAttributes.REPARSE_POINT) === 0) return false;
  return entry.reparseTag === 0 || (entry.reparseTag & NAME_SURROGATE) !== 0;
}

/** [MS-FSCC] 2.1.2.4 Symbolic Link Reparse Data Buffer. */
export interface SymlinkReparsePoint {
  readonly kind: "symlink";
  /** What the file system follows: relative, or `\??\C:\dir`. */
  readonly substituteName: string;
  /** What a person is shown. */
  readonly printName: string;
  /** Relative to the directory that holds the link. */
  readonly isRelative: boolean;
}

/** [MS-FSCC] 2.1.2.5 Mount Point Reparse Data Buffer. */
export interface MountPointReparsePoint {
  readonly kind: "mount-point";
  readonly substituteName: string;
  readonly printName: string;
}

/** Any other tag, its data as they came. */
export interface OtherReparsePoint {
  readonly kind: "other";
  readonly tag: number;
  readonly data: Uint8Array;
}

export type ReparsePoint = SymlinkReparsePoint | MountPointReparsePoint | OtherReparsePoint;

const SYMLINK_FLAG_RELATIVE = 0x0000_0001;

/**
 * Decodes the answer of FSCTL_GET_REPARSE_POINT ([MS-FSCC] 2.1.2.2).
 *
 * @throws {WireFormatError} where a name lies outside the data
 */
export function decodeReparsePoint(bytes: Uint8Array): ReparsePoint {
  const r = new Reader(bytes);
  const tag = r.u32();
  const length = r.u16();
  r.skip(2);
  const data = r.raw(length);
  if (tag === ReparseTag.SYMLINK) return decodeSymlink(new Reader(data));
  if (tag === ReparseTag.MOUNT_POINT) return decodeMountPoint(new Reader(data));
  return { kind: "other", tag, data };
}

/** Encodes what FSCTL_SET_REPARSE_POINT takes. */
export function encodeReparsePoint(point: ReparsePoint): Uint8Array {
  if (point.kind === "other") return encodeBuffer(point.tag, point.data);
  if (point.kind === "mount-point") {
    return encodeBuffer(
      ReparseTag.MOUNT_POINT,
      encodeBytes(8, (w) => writeNames(w, point, true)),
    );
  }
  const data = encodeBytes(12, (w) => {
    writeNames(w, point, false);
    w.u32(point.isRelative ? SYMLINK_FLAG_RELATIVE : 0); // Flags
  });
  return encodeBuffer(ReparseTag.SYMLINK, data);
}

function decodeSymlink(r: Reader): SymlinkReparsePoint {
  const at = readNameFields(r);
  const isRelative = (r.u32() & SYMLINK_FLAG_RELATIVE) !== 0;
  return { kind: "symlink", ...readNames(r, at), isRelative };
}

function decodeMountPoint(r: Reader): MountPointReparsePoint {
  const at = readNameFields(r);
  return { kind: "mount-point", ...readNames(r, at) };
}

type NameFields = readonly [substitute: number, length: number, print: number, length: number];

function readNameFields(r: Reader): NameFields {
  return [r.u16(), r.u16(), r.u16(), r.u16()];
}

/** Offsets count from PathBuffer, where the reader stands. */
function readNames(r: Reader, at: NameFields): { substituteName: string; printName: string } {
  const [substituteAt, substituteLength, printAt, printLength] = at;
  if (substituteLength % 2 !== 0 || printLength % 2 !== 0) {
    throw new WireFormatError("Reparse point: a name is not UTF-16");
  }
  const substituteName = decodeUtf16(r.slice(r.pos + substituteAt, substituteLength));
  const printName = decodeUtf16(r.slice(r.pos + printAt, printLength));
  return { substituteName, printName };
}

/** The names of a mount point each end with NUL, those of a symbolic link do not. */
function writeNames(
  w: Writer,
  point: { readonly substituteName: string; readonly printName: string },
  isTerminated: boolean,
): void {
  const substitute = encodeUtf16(point.substituteName);
  const print = encodeUtf16(point.printName);
  const end = isTerminated ? 2 : 0;
  w.u16(0); // SubstituteNameOffset
  w.u16(substitute.length); // SubstituteNameLength
  w.u16(substitute.length + end); // PrintNameOffset
  w.u16(print.length); // PrintNameLength
  w.append(substitute).append(new Uint8Array(end)); // PathBuffer
  w.append(print).append(new Uint8Array(end));
}

function encodeBuffer(tag: number, data: Uint8Array): Uint8Array {
  return encodeBytes(8, (w) => {
    w.u32(tag); // ReparseTag
    w.u16(data.length); // ReparseDataLength
    w.u16(0); // Reserved
    w.append(data); // DataBuffer
  });
}
