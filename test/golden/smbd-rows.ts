import {
  decodeBufferDescriptors,
  decodeNegotiateRequest,
  decodeNegotiateResponse,
  encodeBufferDescriptors,
  encodeNegotiateRequest,
  encodeNegotiateResponse,
  readDataTransferHeader,
  writeDataTransferHeader,
} from "../../src/transports/smbdirect/smbd-messages.ts";
import { type StructureRow, structure } from "./structure-row.ts";

const dataTransfer = {
  decode: (bytes: Uint8Array) =>
    readDataTransferHeader(new DataView(bytes.buffer, bytes.byteOffset), bytes.length),
  encode: (header: ReturnType<typeof readDataTransferHeader>) => {
    const view = new DataView(new ArrayBuffer(24));
    const length = writeDataTransferHeader(view, header);
    return new Uint8Array(view.buffer, 0, length);
  },
} as const;

export const smbdRows: readonly StructureRow[] = [
  structure(
    "Negotiate Request, from [MS-SMBD] 4.1",
    { decode: decodeNegotiateRequest, encode: encodeNegotiateRequest },
    {
      minVersion: 0x0100,
      maxVersion: 0x0100,
      creditsRequested: 10,
      preferredSendSize: 1024,
      maxReceiveSize: 1024,
      maxFragmentedSize: 131_072,
    },
    "0001 0001 0000 0a00 00040000 00040000 00000200",
  ),
  structure(
    "Negotiate Response, from [MS-SMBD] 4.1",
    { decode: decodeNegotiateResponse, encode: encodeNegotiateResponse },
    {
      minVersion: 0x0100,
      maxVersion: 0x0100,
      negotiatedVersion: 0x0100,
      creditsRequested: 10,
      creditsGranted: 10,
      status: 0,
      maxReadWriteSize: 1_048_576,
      preferredSendSize: 1024,
      maxReceiveSize: 1024,
      maxFragmentedSize: 131_072,
    },
    "0001 0001 0001 0000 0a00 0a00 00000000 00001000 00040000 00040000 00000200",
  ),
  structure(
    "Negotiate Response that refuses the version",
    { decode: decodeNegotiateResponse, encode: encodeNegotiateResponse },
    {
      minVersion: 0x0100,
      maxVersion: 0x0100,
      negotiatedVersion: 0x0100,
      creditsRequested: 0,
      creditsGranted: 0,
      status: 0xc000_00bb,
      maxReadWriteSize: 0,
      preferredSendSize: 0,
      maxReceiveSize: 0,
      maxFragmentedSize: 0,
    },
    "0001 0001 0001 0000 0000 0000 bb0000c0 00000000 00000000 00000000 00000000",
  ),
  structure(
    "Data Transfer header of a fragment: 1000 bytes here, 500 to come",
    { ...dataTransfer, refusedBelow: 20 },
    {
      creditsRequested: 255,
      creditsGranted: 7,
      flags: 0,
      remainingDataLength: 500,
      dataOffset: 24,
      dataLength: 1000,
    },
    "ff00 0700 0000 0000 f4010000 18000000 e8030000 00000000",
  ),
  structure(
    "Data Transfer header without data that asks for an answer",
    dataTransfer,
    {
      creditsRequested: 10,
      creditsGranted: 0,
      flags: 1,
      remainingDataLength: 0,
      dataOffset: 0,
      dataLength: 0,
    },
    "0a00 0000 0100 0000 00000000 00000000 00000000",
  ),
  structure(
    "two buffer descriptors; a list may end after either",
    { decode: decodeBufferDescriptors, encode: encodeBufferDescriptors, refusedBelow: 16 },
    [
      { offset: 0xffff_8000_1234_5000n, token: 0xdead_beef, length: 1_048_576 },
      { offset: 0n, token: 1, length: 1 },
    ],
    "00503412 0080ffff efbeadde 00001000  00000000 00000000 01000000 01000000",
  ),
];
