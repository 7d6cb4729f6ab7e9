import {
  type DirectoryEntry,
  type DirectoryInformationClass,
  decodeDirectory,
  decodeFileNames,
  decodeIdBothDirectory,
  encodeDirectory,
} from "../../src/core/fscc/directory-information.ts";
import { FileInformationClass } from "../../src/core/fscc/file-information-class.ts";
import { type StructureRow, structure } from "./structure-row.ts";

function codec(of: DirectoryInformationClass): {
  decode: (bytes: Uint8Array) => DirectoryEntry[];
  encode: (entries: DirectoryEntry[]) => Uint8Array;
  isList: true;
} {
  return {
    decode: (bytes) => decodeDirectory(of, bytes),
    encode: (entries) => encodeDirectory(of, entries),
    isList: true,
  };
}

const entry: DirectoryEntry = {
  name: "Ä.txt",
  shortName: "",
  reparseTag: 0,
  attributes: 0x20,
  size: 0x1_0000_0001,
  allocationSize: 0x1_0010_0000,
  creationTime: 0x01dd_0000_0000_0001n,
  lastAccessTime: 0x01dd_0000_0000_0002n,
  lastWriteTime: 0x01dd_0000_0000_0003n,
  changeTime: 0x01dd_0000_0000_0004n,
  fileId: 0n,
};

/** The 64 bytes that every class begins with, of `entry`. */
function head(nextEntryOffset: string): string {
  return `${nextEntryOffset} 00000000                          # NextEntryOffset, FileIndex
    010000000000dd01 020000000000dd01 030000000000dd01 040000000000dd01
    0100000001000000 0000100001000000                   # EndOfFile, AllocationSize
    20000000 0a000000                                   # FileAttributes, FileNameLength
  `;
}

const NAME = "c400 2e00 7400 7800 7400";
const NAME_PADDED = `${NAME} 000000000000`;

export const fsccDirectoryRows: readonly StructureRow[] = [
  structure(
    "FileIdBothDirectoryInformation, two entries as Samba 4.17 sends them",
    {
      decode: decodeIdBothDirectory,
      encode: (entries) => encodeDirectory(FileInformationClass.ID_BOTH_DIRECTORY, entries),
      isList: true,
    },
    [
      {
        name: ".",
        shortName: "",
        reparseTag: 0,
        attributes: 0x10,
        size: 0,
        allocationSize: 0,
        creationTime: 0x01dd_7b62_85af_dd85n,
        lastAccessTime: 0x01dd_7b62_85b0_483bn,
        lastWriteTime: 0x01dd_7b62_85af_dd85n,
        changeTime: 0x01dd_7b62_85af_dd85n,
        fileId: 0x16_e010n,
      },
      {
        name: "s",
        shortName: "",
        reparseTag: 0,
        attributes: 0x1237,
        size: 3,
        allocationSize: 0x10_0000,
        creationTime: 0x01dd_7b62_85af_d8fdn,
        lastAccessTime: 0x01dd_7b62_85af_d8fdn,
        lastWriteTime: 0x01dd_7b62_85af_fa6cn,
        changeTime: 0x01dd_7b62_85af_fa6cn,
        fileId: 0x16_e06an,
      },
    ],
    `70000000 00000000
     85ddaf85627bdd01 3b48b085627bdd01 85ddaf85627bdd01 85ddaf85627bdd01
     0000000000000000 0000000000000000 10000000 02000000 00000000 00 00
     000000000000000000000000000000000000000000000000 0000 10e0160000000000
     2e00 000000000000
     00000000 00000000
     fdd8af85627bdd01 fdd8af85627bdd01 6cfaaf85627bdd01 6cfaaf85627bdd01
     0300000000000000 0000100000000000 37120000 02000000 00000000 00 00
     000000000000000000000000000000000000000000000000 0000 6ae0160000000000
     7300`,
  ),
  structure(
    "FileIdBothDirectoryInformation, with a short name",
    codec(FileInformationClass.ID_BOTH_DIRECTORY),
    [{ ...entry, shortName: "A~1.TXT", fileId: 0xfedc_ba98_7654_3210n }],
    `${head("00000000")}
     00000000 0e 00 41007e0031002e00540058005400 00000000000000000000 0000 1032547698badcfe
     ${NAME}`,
  ),
  structure(
    "FileIdBothDirectoryInformation, a symbolic link whose tag lies in EaSize",
    codec(FileInformationClass.ID_BOTH_DIRECTORY),
    [{ ...entry, attributes: 0x420, reparseTag: 0xa000_000c, fileId: 7n }],
    `${head("00000000").replace("20000000 0a000000", "20040000 0a000000")}
     0c0000a0 00 00 000000000000000000000000000000000000000000000000 0000 0700000000000000
     ${NAME}`,
  ),
  structure(
    "FileBothDirectoryInformation, two entries",
    codec(FileInformationClass.BOTH_DIRECTORY),
    [entry, { ...entry, shortName: "A~1.TXT" }],
    `${head("68000000")}
     00000000 00 00 000000000000000000000000000000000000000000000000
     ${NAME}
     ${head("00000000")}
     00000000 0e 00 41007e0031002e00540058005400 00000000000000000000
     ${NAME}`,
  ),
  structure(
    "FileIdFullDirectoryInformation, two entries",
    codec(FileInformationClass.ID_FULL_DIRECTORY),
    [
      { ...entry, fileId: 7n },
      { ...entry, fileId: 8n },
    ],
    `${head("60000000")} 00000000 00000000 0700000000000000 ${NAME_PADDED}
     ${head("00000000")} 00000000 00000000 0800000000000000 ${NAME}`,
  ),
  structure(
    "FileFullDirectoryInformation, two entries",
    codec(FileInformationClass.FULL_DIRECTORY),
    [entry, entry],
    `${head("50000000")} 00000000 ${NAME} 0000
     ${head("00000000")} 00000000 ${NAME}`,
  ),
  structure(
    "FileDirectoryInformation, two entries",
    codec(FileInformationClass.DIRECTORY),
    [entry, entry],
    `${head("50000000")} ${NAME_PADDED}
     ${head("00000000")} ${NAME}`,
  ),
  structure(
    "FileNamesInformation, two entries",
    { decode: decodeFileNames, isList: true },
    ["ab", "c"],
    `10000000 00000000 04000000 61006200
     00000000 00000000 02000000 6300`,
  ),
];
