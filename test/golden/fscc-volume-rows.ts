import {
  decodeFsAttribute,
  decodeFsDevice,
  decodeFsFullSize,
  decodeFsSectorSize,
  decodeFsSize,
  decodeFsVolume,
  encodeFsAttribute,
  encodeFsDevice,
  encodeFsFullSize,
  encodeFsSectorSize,
  encodeFsSize,
  encodeFsVolume,
} from "../../src/core/fscc/file-system-information.ts";
import { type StructureRow, structure } from "./structure-row.ts";

export const fsccVolumeRows: readonly StructureRow[] = [
  structure(
    "FileFsVolumeInformation, as Samba 4.17 sends it",
    { decode: decodeFsVolume, encode: encodeFsVolume },
    {
      creationTime: 0x01dd_7b62_85af_dd85n,
      serialNumber: 0x507b_0c5c,
      supportsObjects: false,
      label: "pub",
    },
    "85ddaf85627bdd01 5c0c7b50 06000000 00 00 700075006200",
  ),
  structure(
    "FileFsSizeInformation, from 2.5.8",
    { decode: decodeFsSize, encode: encodeFsSize },
    { totalUnits: 2 ** 40, availableUnits: 1, sectorsPerUnit: 8, bytesPerSector: 512 },
    "0000000000010000 0100000000000000 08000000 00020000",
  ),
  structure(
    "FileFsSizeInformation, as Samba 4.17 sends it",
    { decode: decodeFsSize, encode: encodeFsSize },
    {
      totalUnits: 0x0fbf_8e74,
      availableUnits: 0x04f0_9cf0,
      sectorsPerUnit: 2,
      bytesPerSector: 512,
    },
    "748ebf0f00000000 f09cf00400000000 02000000 00020000",
  ),
  structure(
    "FileFsFullSizeInformation, from 2.5.4",
    { decode: decodeFsFullSize, encode: encodeFsFullSize },
    {
      totalUnits: 0x0fbf_8e74,
      callerAvailableUnits: 3,
      actualAvailableUnits: 0x04f0_9cf0,
      sectorsPerUnit: 2,
      bytesPerSector: 512,
    },
    "748ebf0f00000000 0300000000000000 f09cf00400000000 02000000 00020000",
  ),
  structure(
    "FileFsDeviceInformation of a disk, from 2.5.10",
    { decode: decodeFsDevice, encode: encodeFsDevice },
    { deviceType: 7, characteristics: 0x20 },
    "07000000 20000000",
  ),
  structure(
    "FileFsAttributeInformation, from 2.5.1",
    { decode: decodeFsAttribute, encode: encodeFsAttribute },
    { attributes: 0x0001_002f, maximumComponentNameLength: 255, fileSystemName: "NTFS" },
    "2f000100 ff000000 08000000 4e00540046005300",
  ),
  structure(
    "FileFsSectorSizeInformation, from 2.5.7",
    { decode: decodeFsSectorSize, encode: encodeFsSectorSize },
    {
      logicalBytesPerSector: 512,
      physicalBytesPerSectorForAtomicity: 4096,
      physicalBytesPerSectorForPerformance: 4097,
      effectivePhysicalBytesPerSectorForAtomicity: 4098,
      flags: 3,
      byteOffsetForSectorAlignment: 1,
      byteOffsetForPartitionAlignment: 2,
    },
    "00020000 00100000 01100000 02100000 03000000 01000000 02000000",
  ),
];
