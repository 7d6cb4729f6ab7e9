import {
  NetrServerGetInfo101,
  NetrShareEnum0,
  NetrShareEnum1,
  NetrShareEnum2,
  NetrShareGetInfo1,
} from "../../src/core/rpc/interfaces/srvsvc-operations.ts";
import { decodeNdr, encodeNdr, type NdrType } from "../../src/core/rpc/ndr.ts";
import {
  decodeBind,
  decodeBindAck,
  decodeBindNak,
  decodeFault,
  decodeRequest,
  decodeResponse,
  encodeBind,
  encodeBindAck,
  encodeBindNak,
  encodeFault,
  encodeRequest,
  encodeResponse,
} from "../../src/core/rpc/pdu.ts";
import { fromHex } from "./golden-row.ts";
import { type StructureRow, structure } from "./structure-row.ts";

const SRVSVC_SYNTAX = { uuid: "4b324fc8-1670-01d3-1278-5a47bf6ee188", major: 3, minor: 0 };

function ndr<T>(type: NdrType<T>): {
  decode: (stub: Uint8Array) => T;
  encode: (value: T) => Uint8Array;
} {
  return {
    decode: (stub) => decodeNdr(type, stub),
    encode: (value) => encodeNdr(type, value),
  };
}

/** As our own server side would send it: its ids are numbered in another order than Samba's. */
function ndrOfSamba<T>(type: NdrType<T>): { decode: (stub: Uint8Array) => T } {
  return { decode: (stub) => decodeNdr(type, stub) };
}

/** Names of the capture, in UTF-16. */
const SERVER = "3100 3200 3700 2e00 3000 2e00 3400 3700 2e00 3100 0000";
const PUB = "70007500 62000000";
const PUB_COMMENT =
  "d600 6600 6600 6500 6e00 7400 6c00 6900 6300 6800 6500 2000 4400 6100 7400 6500 6900 6500 6e00 0000";

export const rpcRows: readonly StructureRow[] = [
  structure(
    "bind to srvsvc, as smbclient 4.17 sends it; a server does not read its last syntax",
    { decode: decodeBind, encode: encodeBind, refusedBelow: 52 },
    { callId: 1, maxTransmit: 4280, maxReceive: 4280, abstractSyntax: SRVSVC_SYNTAX },
    `05000b03 10000000 4800 0000 01000000
     b810 b810 00000000 01000000 0000 0100
     c84f324b7016d30112785a47bf6ee188 0300 0000
     045d888aeb1cc9119fe808002b104860 0200 0000`,
  ),
  structure(
    "bind_ack, as Samba 4.17 sends it",
    { decode: decodeBindAck },
    {
      callId: 1,
      maxTransmit: 4280,
      maxReceive: 4280,
      secondaryAddress: "\\pipe\\srvsvc",
      result: 0,
      reason: 0,
    },
    `05000c03 10000000 4400 0000 01000000
     b810 b810 a7ed0000 0d00 5c706970655c73727673766300 00
     01000000 0000 0000 045d888aeb1cc9119fe808002b104860 0200 0000`,
  ),
  structure(
    "bind_ack that rejects, with padding",
    { decode: decodeBindAck, encode: encodeBindAck },
    {
      callId: 1,
      maxTransmit: 4280,
      maxReceive: 2048,
      secondaryAddress: "\\PIPE\\x",
      result: 2,
      reason: 1,
    },
    `05000c03 10000000 4000 0000 01000000
     b810 0008 01000000 0800 5c504950455c7800 0000
     01000000 0200 0100 045d888aeb1cc9119fe808002b104860 0200 0000`,
  ),
  structure(
    "bind_nak, from C706 12.6.4.5; its list of versions may be lost",
    {
      decode: decodeBindNak,
      encode: (reason) => encodeBindNak(3, reason),
      refusedBelow: 18,
    },
    4,
    "05000d03 10000000 1400 0000 03000000 0400 00 00",
  ),
  structure(
    "fault, from C706 12.6.4.7; its reserved end may be lost",
    { decode: decodeFault, encode: (status) => encodeFault(2, status), refusedBelow: 28 },
    0x1c01_0002,
    "05000303 10000000 2000 0000 02000000 00000000 0000 00 00 0200011c 00000000",
  ),
  structure(
    "request, as smbclient 4.17 sends it",
    { decode: decodeRequest, encode: encodeRequest, refusedBelow: 24 },
    { callId: 2, flags: 3, opnum: 21, allocHint: 4, stub: fromHex("65000000") },
    "05000003 10000000 1c00 0000 02000000 04000000 0000 1500 65000000",
  ),
  structure(
    "request to an object, from C706 12.6.4.9",
    { decode: decodeRequest, refusedBelow: 40 },
    { callId: 2, flags: 0x83, opnum: 1, allocHint: 0, stub: fromHex("") },
    `05000083 10000000 2800 0000 02000000 00000000 0000 0100
     00112233445566778899aabbccddeeff`,
  ),
  structure(
    "response",
    { decode: decodeResponse, encode: encodeResponse, refusedBelow: 24 },
    { callId: 2, flags: 1, allocHint: 2, stub: fromHex("0102") },
    "05000201 10000000 1a00 0000 02000000 02000000 0000 00 00 0102",
  ),
  structure(
    "NetrShareEnum request, as smbclient 4.17 sends it",
    ndr(NetrShareEnum1.request),
    {
      serverName: "127.0.47.1",
      info: { level: 1, tag: 1, container: { count: 0, entries: undefined } },
      preferredMaximumLength: 0xffff_ffff,
      resumeHandle: 0,
    },
    `00000200 0b000000 00000000 0b000000 ${SERVER} 0000
     01000000 01000000 04000200 00000000 00000000
     ffffffff 08000200 00000000`,
  ),
  structure(
    "NetrShareEnum response, level 1, as Samba 4.17 sends it",
    ndrOfSamba(NetrShareEnum1.response),
    {
      info: {
        level: 1,
        tag: 1,
        container: {
          count: 3,
          entries: [
            { name: "pub", type: 0, remark: "Öffentliche Dateien" },
            { name: "hid$", type: 0, remark: "" },
            { name: "IPC$", type: 0x8000_0003, remark: "IPC Service (lab server)" },
          ],
        },
      },
      totalEntries: 3,
      resumeHandle: 0,
      result: 0,
    },
    `01000000 01000000 0c000200 03000000 10000200 03000000
     14000200 00000000 18000200  1c000200 00000000 20000200  24000200 03000080 28000200
     04000000 00000000 04000000 ${PUB}
     14000000 00000000 14000000 ${PUB_COMMENT}
     05000000 00000000 05000000 68006900 64002400 0000 0000
     01000000 00000000 01000000 0000 0000
     05000000 00000000 05000000 49005000 43002400 0000 0000
     19000000 00000000 19000000 4900 5000 4300 2000 5300 6500 7200 7600 6900 6300 6500 2000 2800
     6c00 6100 6200 2000 7300 6500 7200 7600 6500 7200 2900 0000 0000
     03000000 2c000200 00000000 00000000`,
  ),
  structure(
    "NetrShareEnum response, level 0, as Samba 4.17 sends it",
    ndrOfSamba(NetrShareEnum0.response),
    {
      info: { level: 0, tag: 0, container: { count: 1, entries: [{ name: "pub" }] } },
      totalEntries: 1,
      resumeHandle: undefined,
      result: 0,
    },
    `00000000 00000000 08000200 01000000 0c000200 01000000 10000200
     04000000 00000000 04000000 ${PUB}
     01000000 00000000 00000000`,
  ),
  structure(
    "NetrShareEnum response, level 2, numbered in our order",
    ndr(NetrShareEnum2.response),
    {
      info: {
        level: 2,
        tag: 2,
        container: {
          count: 1,
          entries: [
            {
              name: "pub",
              type: 0,
              remark: undefined,
              permissions: 0,
              maxUses: 0xffff_ffff,
              currentUses: 4,
              path: "C:\\",
              password: "",
            },
          ],
        },
      },
      totalEntries: 1,
      resumeHandle: undefined,
      result: 234,
    },
    `02000000 02000000 00000200 01000000 04000200 01000000
     08000200 00000000 00000000 00000000 ffffffff 04000000 0c000200 10000200
     04000000 00000000 04000000 ${PUB}
     04000000 00000000 04000000 43003a00 5c000000
     01000000 00000000 01000000 0000 0000
     01000000 00000000 ea000000`,
  ),
  structure(
    "NetrShareGetInfo request, as rpcclient 4.17 sends it",
    ndr(NetrShareGetInfo1.request),
    { serverName: "127.0.47.1", netName: "pub", level: 1 },
    `00000200 0b000000 00000000 0b000000 ${SERVER} 0000
     04000000 00000000 04000000 ${PUB} 01000000`,
  ),
  structure(
    "NetrShareGetInfo response, as Samba 4.17 sends it",
    ndrOfSamba(NetrShareGetInfo1.response),
    {
      info: { tag: 1, value: { name: "pub", type: 0, remark: "Öffentliche Dateien" } },
      result: 0,
    },
    `01000000 04000200 08000200 00000000 0c000200
     04000000 00000000 04000000 ${PUB}
     14000000 00000000 14000000 ${PUB_COMMENT}
     00000000`,
  ),
  structure(
    "NetrServerGetInfo request, as rpcclient 4.17 sends it",
    ndr(NetrServerGetInfo101.request),
    { serverName: "\\\\127.0.47.1", level: 101 },
    `00000200 0d000000 00000000 0d000000 5c00 5c00 ${SERVER} 0000 65000000`,
  ),
  structure(
    "NetrServerGetInfo response, as Samba 4.17 sends it",
    ndrOfSamba(NetrServerGetInfo101.response),
    {
      info: {
        tag: 101,
        value: {
          platformId: 500,
          name: "LAB",
          versionMajor: 6,
          versionMinor: 1,
          type: 0x0080_9a03,
          comment: "lab server",
        },
      },
      result: 0,
    },
    `65000000 04000200 f4010000 08000200 06000000 01000000 039a8000 0c000200
     04000000 00000000 04000000 4c004100 42000000
     0b000000 00000000 0b000000 6c00 6100 6200 2000 7300 6500 7200 7600 6500 7200 0000 0000
     00000000`,
  ),
];
