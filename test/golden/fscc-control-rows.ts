import {
  decodeAllocatedRanges,
  decodeCopyChunkCopy,
  decodeCopyChunkResponse,
  decodeResumeKey,
  decodeSnapshotArray,
  decodeValidateNegotiateInfoRequest,
  decodeValidateNegotiateInfoResponse,
  encodeCopyChunkCopy,
  encodeCopyChunkResponse,
  encodeValidateNegotiateInfoRequest,
  encodeValidateNegotiateInfoResponse,
} from "../../src/core/fscc/fsctl.ts";
import { decodeNetworkInterfaceInfo } from "../../src/core/fscc/network-interface-info.ts";
import {
  decodeReparsePoint,
  encodeReparsePoint,
  type ReparsePoint,
} from "../../src/core/fscc/reparse-point.ts";
import { decodeSecurityDescriptor } from "../../src/core/fscc/security-descriptor.ts";
import { fromHex, sixteen } from "./golden-row.ts";
import { type StructureRow, structure } from "./structure-row.ts";

const none = new Uint8Array(0);
const reparsePoint = {
  decode: decodeReparsePoint,
  encode: encodeReparsePoint,
} as const satisfies {
  decode: (bytes: Uint8Array) => ReparsePoint;
  encode: (point: ReparsePoint) => Uint8Array;
};
const zeros = (count: number): string => "00".repeat(count);
const RESUME_KEY = "44f0b6fa00000000aeaa9e4d000000007800140000000000";

export const fsccControlRows: readonly StructureRow[] = [
  structure(
    "VALIDATE_NEGOTIATE_INFO Request, from [MS-SMB2] 2.2.31.4",
    { decode: decodeValidateNegotiateInfoRequest, encode: encodeValidateNegotiateInfoRequest },
    {
      capabilities: 0x7f,
      guid: sixteen(9),
      securityMode: 1,
      dialects: [0x0202, 0x0210, 0x0300, 0x0302],
    },
    `7f000000 09090909090909090909090909090909 0100 0400 0202 1002 0003 0203`,
  ),
  structure(
    "VALIDATE_NEGOTIATE_INFO Response, from [MS-SMB2] 2.2.32.6",
    { decode: decodeValidateNegotiateInfoResponse, encode: encodeValidateNegotiateInfoResponse },
    { capabilities: 7, guid: sixteen(8), securityMode: 3, dialect: 0x0302 },
    "07000000 08080808080808080808080808080808 0300 0203",
  ),
  structure(
    "SRV_REQUEST_RESUME_KEY Response, as Samba 4.17 sends it; its context may be lost",
    { decode: decodeResumeKey, refusedBelow: 24 },
    fromHex(RESUME_KEY),
    `${RESUME_KEY} 00000000 00000000`,
  ),
  structure(
    "SRV_COPYCHUNK_COPY, as smbclient sends it",
    {
      decode: decodeCopyChunkCopy,
      encode: ({ key, chunks }) => encodeCopyChunkCopy(key, chunks),
    },
    { key: fromHex(RESUME_KEY), chunks: [{ sourceOffset: 0, targetOffset: 0, length: 3 }] },
    `${RESUME_KEY} 01000000 00000000 0000000000000000 0000000000000000 03000000 00000000`,
  ),
  structure(
    "SRV_COPYCHUNK_RESPONSE, as Samba 4.17 sends it",
    { decode: decodeCopyChunkResponse, encode: encodeCopyChunkResponse },
    { chunksWritten: 1, chunkBytesWritten: 0, totalBytesWritten: 3 },
    "01000000 00000000 03000000",
  ),
  structure(
    "SRV_SNAPSHOT_ARRAY, from [MS-SMB2] 2.2.32.2; names may be cut off",
    { decode: decodeSnapshotArray, refusedBelow: 12 },
    {
      total: 3,
      neededBytes: 102,
      names: ["@GMT-2026.01.31-12.00.00", "@GMT-2026.02.01-12.00.00"],
    },
    `03000000 02000000 66000000
     4000 4700 4d00 5400 2d00 3200 3000 3200 3600 2e00 3000 3100 2e00 3300 3100 2d00
     3100 3200 2e00 3000 3000 2e00 3000 3000 0000
     4000 4700 4d00 5400 2d00 3200 3000 3200 3600 2e00 3000 3200 2e00 3000 3100 2d00
     3100 3200 2e00 3000 3000 2e00 3000 3000 0000 0000`,
  ),
  structure(
    "SRV_SNAPSHOT_ARRAY that only tells the size",
    { decode: decodeSnapshotArray, refusedBelow: 12 },
    { total: 3, neededBytes: 152, names: [] },
    "03000000 00000000 98000000 00000000",
  ),
  structure(
    "FILE_ALLOCATED_RANGE_BUFFER, two; a part of one is left out",
    { decode: decodeAllocatedRanges, isList: true, refusedBelow: 0 },
    [
      { offset: 0, length: 4096 },
      { offset: 2 ** 40, length: 1 },
    ],
    `0000000000000000 0010000000000000 0000000000010000 0100000000000000`,
  ),
  structure(
    "NETWORK_INTERFACE_INFO, three entries and eight bytes more; a part of one is left out",
    { decode: decodeNetworkInterfaceInfo, isList: true, refusedBelow: 0 },
    [
      {
        interfaceIndex: 5,
        capability: 1,
        linkSpeed: 10_000_000_000,
        family: "ipv4",
        address: "192.0.2.1",
        scopeId: 0,
      },
      {
        interfaceIndex: 6,
        capability: 2,
        linkSpeed: 0,
        family: "ipv6",
        address: "fe80::1",
        scopeId: 2,
      },
    ],
    `98000000 05000000 01000000 00000000 00e40b5402000000
     0200 0000 c0000201 ${zeros(120)}
     98000000 07000000 00000000 00000000 0000000000000000
     6300 ${zeros(126)}                                  # an unknown family
     98000000 06000000 02000000 00000000 0000000000000000
     1700 0000 00000000 fe800000000000000000000000000001 02000000 ${zeros(100)}
     0000000000000000`,
  ),
  structure(
    "Symbolic Link Reparse Data Buffer, as smbclient sends it",
    { decode: decodeReparsePoint },
    { kind: "symlink", substituteName: "foo", printName: "foo", isRelative: true },
    "0c0000a0 1800 0000 0000 0600 0600 0600 01000000 66006f006f00 66006f006f00",
  ),
  structure(
    "Symbolic Link Reparse Data Buffer, absolute",
    reparsePoint,
    { kind: "symlink", substituteName: "\\??\\C:\\a", printName: "C:\\a", isRelative: false },
    `0c0000a0 2400 0000 0000 1000 1000 0800 00000000
     5c003f003f005c0043003a005c006100 43003a005c006100`,
  ),
  structure(
    "Mount Point Reparse Data Buffer",
    reparsePoint,
    { kind: "mount-point", substituteName: "\\??\\a", printName: "a" },
    `030000a0 1800 0000 0000 0a00 0c00 0200
     5c003f003f005c006100 0000 6100 0000`,
  ),
  structure(
    "another reparse point",
    reparsePoint,
    { kind: "other", tag: 0x8000_0014, data: fromHex("010203") },
    "14000080 0300 0000 010203",
  ),
  structure(
    "self-relative security descriptor, as Samba 4.17 sends it",
    { decode: decodeSecurityDescriptor },
    {
      revision: 1,
      control: 0x9004,
      owner: "S-1-5-21-3943228001-3763685679-4036943697-501",
      group: "S-1-22-2-0",
      dacl: {
        revision: 2,
        entries: [
          {
            type: 0,
            flags: 0,
            mask: 0x001e_01ff,
            sid: "S-1-5-21-3943228001-3763685679-4036943697-501",
            data: none,
          },
          { type: 0, flags: 0, mask: 0x0012_0089, sid: "S-1-22-2-0", data: none },
          { type: 0, flags: 0, mask: 0x0012_0089, sid: "S-1-1-0", data: none },
        ],
      },
    },
    `01 00 0490 14000000 30000000 00000000 40000000
     01 05 000000000005 15000000 61e208eb 2f4955e0 51df9ef0 f5010000
     01 02 000000000016 02000000 00000000
     02 00 5800 0300 0000
     00 00 2400 ff011e00 01 05 000000000005 15000000 61e208eb 2f4955e0 51df9ef0 f5010000
     00 00 1800 89001200 01 02 000000000016 02000000 00000000
     00 00 1400 89001200 01 01 000000000001 00000000`,
  ),
  structure(
    "security descriptor with object, conditional and unknown entries, from [MS-DTYP] 2.4.4",
    { decode: decodeSecurityDescriptor },
    {
      revision: 1,
      control: 0x8014,
      dacl: {
        revision: 4,
        entries: [
          {
            type: 5,
            flags: 2,
            mask: 0x100,
            objectType: "00112233-4455-6677-8899-aabbccddeeff",
            sid: "S-1-5-18",
            data: none,
          },
          { type: 9, flags: 0, mask: 1, sid: "S-1-1-0", data: fromHex("61727478") },
          { type: 0x77, flags: 1, mask: 0, sid: "", data: fromHex("01020304") },
        ],
      },
      sacl: { revision: 2, entries: [] },
    },
    `01 00 1480 00000000 00000000 14000000 1c000000
     02 00 0800 0000 0000
     04 00 5000 0300 0000
     05 02 2800 00010000 01000000 33221100554477668899aabbccddeeff 01 01 000000000005 12000000
     09 00 1800 01000000 01 01 000000000001 00000000 61727478
     77 01 0800 01020304`,
  ),
];
