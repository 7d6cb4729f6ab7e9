import { decodeFullEa, encodeFullEa } from "../../src/core/fscc/extended-attributes.ts";
import {
  decodeFileAll,
  decodeFileAttributeTag,
  decodeFileBasic,
  decodeFileCompression,
  decodeFileDisposition,
  decodeFileDispositionEx,
  decodeFileEa,
  decodeFileInternal,
  decodeFileNetworkOpen,
  decodeFileSize,
  decodeFileStandard,
  encodeFileAll,
  encodeFileAttributeTag,
  encodeFileBasic,
  encodeFileCompression,
  encodeFileDisposition,
  encodeFileDispositionEx,
  encodeFileEa,
  encodeFileInternal,
  encodeFileNetworkOpen,
  encodeFileSize,
  encodeFileStandard,
} from "../../src/core/fscc/file-information.ts";
import {
  decodeFileName,
  decodeFileRename,
  encodeFileName,
  encodeFileRename,
} from "../../src/core/fscc/name-information.ts";
import { decodeFileStreams, encodeFileStreams } from "../../src/core/fscc/stream-information.ts";
import { fromHex } from "./golden-row.ts";
import { type StructureRow, structure } from "./structure-row.ts";

const basic = {
  creationTime: 0x01dd_7b62_85af_d8fdn,
  lastAccessTime: 0x01dd_7b62_85af_d8fdn,
  lastWriteTime: 0x01dd_7b62_85af_fa6cn,
  changeTime: 0x01dd_7b62_85af_fa6cn,
  attributes: 0x1237,
};
const TIMES = "fdd8af85627bdd01 fdd8af85627bdd01 6cfaaf85627bdd01 6cfaaf85627bdd01";

export const fsccFileRows: readonly StructureRow[] = [
  structure(
    "FileAllInformation, as Samba 4.17 sends it; its name may be cut off",
    { decode: decodeFileAll, refusedBelow: 100 },
    {
      ...basic,
      allocationSize: 0x10_0000,
      size: 0,
      links: 1,
      deletePending: false,
      isDirectory: true,
      fileId: 0x16_e06an,
      eaSize: 0,
      accessFlags: 0x80,
      position: 0,
      mode: 0,
      alignment: 0x1237,
      name: "\\s",
    },
    `${TIMES} 37120000 00000000
     0000100000000000 0000000000000000 01000000 00 01 0000
     6ae0160000000000 00000000 80000000 0000000000000000 00000000 37120000
     04000000 5c00 7300`,
  ),
  structure(
    "FileAllInformation of a file, from 2.4.2",
    { decode: decodeFileAll, encode: encodeFileAll, refusedBelow: 100 },
    {
      ...basic,
      allocationSize: 4096,
      size: 3,
      links: 2,
      deletePending: true,
      isDirectory: false,
      fileId: 0xffff_ffff_ffff_fffen,
      eaSize: 5,
      accessFlags: 0x0012_019f,
      position: 3,
      mode: 0x40,
      alignment: 1,
      name: "",
    },
    `${TIMES} 37120000 00000000
     0010000000000000 0300000000000000 02000000 01 00 0000
     feffffffffffffff 05000000 9f011200 0300000000000000 40000000 01000000
     00000000`,
  ),
  structure(
    "FileBasicInformation",
    { decode: decodeFileBasic, encode: encodeFileBasic },
    basic,
    `${TIMES} 37120000 00000000`,
  ),
  structure(
    "FileStandardInformation of a directory",
    { decode: decodeFileStandard, encode: encodeFileStandard },
    { allocationSize: 0, size: 0, links: 3, deletePending: false, isDirectory: true },
    "0000000000000000 0000000000000000 03000000 00 01 0000",
  ),
  structure(
    "FileNetworkOpenInformation",
    { decode: decodeFileNetworkOpen, encode: encodeFileNetworkOpen },
    { ...basic, allocationSize: 0x10_0000, size: 2 ** 53 - 1 },
    `${TIMES} 0000100000000000 ffffffffffff1f00 37120000 00000000`,
  ),
  structure(
    "FileAttributeTagInformation of a symbolic link",
    { decode: decodeFileAttributeTag, encode: encodeFileAttributeTag },
    { attributes: 0x420, reparseTag: 0xa000_000c },
    "20040000 0c0000a0",
  ),
  structure(
    "FileCompressionInformation",
    { decode: decodeFileCompression, encode: encodeFileCompression },
    { compressedSize: 8192, format: 2, unitShift: 16, chunkShift: 12, clusterShift: 12 },
    "0020000000000000 0200 10 0c 0c 000000",
  ),
  structure(
    "FileInternalInformation",
    { decode: decodeFileInternal, encode: encodeFileInternal },
    0x8000_0000_0000_0001n,
    "0100000000000080",
  ),
  structure("FileEaInformation", { decode: decodeFileEa, encode: encodeFileEa }, 17, "11000000"),
  structure(
    "FileEndOfFileInformation",
    { decode: decodeFileSize, encode: encodeFileSize },
    5 * 2 ** 30,
    "0000004001000000",
  ),
  structure(
    "FileDispositionInformation, as smbclient sends it",
    { decode: decodeFileDisposition, encode: encodeFileDisposition },
    true,
    "01",
  ),
  structure(
    "FileDispositionInformationEx",
    { decode: decodeFileDispositionEx, encode: encodeFileDispositionEx },
    0x13,
    "13000000",
  ),
  structure(
    "FileRenameInformation, as smbclient sends it; two bytes of padding may be lost",
    { decode: decodeFileRename, encode: encodeFileRename, refusedBelow: 22 },
    { replaceIfExists: false, name: "s" },
    "00 00000000000000 0000000000000000 02000000 7300 0000",
  ),
  structure(
    "FileRenameInformation, replacing",
    { decode: decodeFileRename, encode: encodeFileRename },
    { replaceIfExists: true, name: "a\\b" },
    "01 00000000000000 0000000000000000 06000000 61005c006200",
  ),
  structure(
    "FileAlternateNameInformation, as Samba 4.17 sends it",
    { decode: decodeFileName, encode: encodeFileName },
    "s",
    "02000000 7300",
  ),
  structure(
    "FileStreamInformation, as Samba 4.17 sends it",
    { decode: decodeFileStreams, encode: encodeFileStreams, isList: true },
    [{ name: "::$DATA", size: 3, allocationSize: 0x10_0000 }],
    `00000000 0e000000 0300000000000000 0000100000000000
     3a003a0024004400410054004100`,
  ),
  structure(
    "FileStreamInformation, two streams",
    { decode: decodeFileStreams, encode: encodeFileStreams, isList: true },
    [
      { name: "::$DATA", size: 0, allocationSize: 0 },
      { name: ":a:$DATA", size: 1, allocationSize: 8 },
    ],
    `28000000 0e000000 0000000000000000 0000000000000000 3a003a0024004400410054004100 0000
     00000000 10000000 0100000000000000 0800000000000000 3a0061003a0024004400410054004100`,
  ),
  structure(
    "FileFullEaInformation, as Samba 4.17 sends it",
    { decode: decodeFullEa, encode: encodeFullEa, isList: true },
    [{ name: "nm", value: fromHex("76616c"), flags: 0 }],
    "00000000 00 02 0300 6e6d00 76616c",
  ),
  structure(
    "FileFullEaInformation, two attributes",
    { decode: decodeFullEa, encode: encodeFullEa, isList: true },
    [
      { name: "A", value: fromHex("0102"), flags: 0x80 },
      { name: "BB", value: fromHex(""), flags: 0 },
    ],
    `0c000000 80 01 0200 4100 0102
     00000000 00 02 0000 424200`,
  ),
];
