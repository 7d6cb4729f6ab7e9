import { WireFormatError } from "../../core/errors.ts";
import { Reader } from "../../core/wire/reader.ts";
import { Writer } from "../../core/wire/writer.ts";

/** The only version of SMB Direct ([MS-SMBD] 1.7). */
export const SMBD_VERSION = 0x0100;
/** Length of a Negotiate Request ([MS-SMBD] 2.2.1). */
export const NEGOTIATE_REQUEST_LENGTH = 20;
/** Length of a Negotiate Response ([MS-SMBD] 2.2.2). */
export const NEGOTIATE_RESPONSE_LENGTH = 32;
/** The shortest Data Transfer message: no padding, no data ([MS-SMBD] 2.2.3). */
export const DATA_TRANSFER_MIN_LENGTH = 20;
/** Where the data of a Data Transfer message begin: the header, padded to 8 bytes. */
export const DATA_OFFSET = 24;
/** Length of one buffer descriptor ([MS-SMBD] 2.2.3.1). */
export const BUFFER_DESCRIPTOR_LENGTH = 16;

/** [MS-SMBD] 2.2.3 Flags. */
export const DataTransferFlags = { RESPONSE_REQUESTED: 0x0001 } as const;

/** [MS-SMBD] 2.2.2 Status. */
export const NegotiateStatus = { SUCCESS: 0x0000_0000, NOT_SUPPORTED: 0xc000_00bb } as const;

/** [MS-SMBD] 2.2.1 Negotiate Request message; sizes in bytes. */
export interface NegotiateRequest {
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly creditsRequested: number;
  readonly preferredSendSize: number;
  readonly maxReceiveSize: number;
  readonly maxFragmentedSize: number;
}

/** [MS-SMBD] 2.2.2 Negotiate Response message; sizes in bytes. */
export interface NegotiateResponse {
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly negotiatedVersion: number;
  readonly creditsRequested: number;
  readonly creditsGranted: number;
  readonly status: number;
  readonly maxReadWriteSize: number;
  readonly preferredSendSize: number;
  readonly maxReceiveSize: number;
  readonly maxFragmentedSize: number;
}

/** The header of a Data Transfer message ([MS-SMBD] 2.2.3). */
export interface DataTransferHeader {
  readonly creditsRequested: number;
  readonly creditsGranted: number;
  /** DataTransferFlags. */
  readonly flags: number;
  /** Bytes of the upper-layer message that follow in later Data Transfer messages. */
  readonly remainingDataLength: number;
  /** Where the data begin, from the header's first byte; 0 where there are none. */
  readonly dataOffset: number;
  readonly dataLength: number;
}

/** [MS-SMBD] 2.2.3.1: registered memory as the peer addresses it. */
export interface BufferDescriptorV1 {
  readonly offset: bigint;
  readonly token: number;
  readonly length: number;
}

/** [MS-SMBD] 2.2.1. */
export function encodeNegotiateRequest(m: NegotiateRequest): Uint8Array {
  const w = new Writer(NEGOTIATE_REQUEST_LENGTH).begin(NEGOTIATE_REQUEST_LENGTH);
  w.u16(m.minVersion); // MinVersion
  w.u16(m.maxVersion); // MaxVersion
  w.u16(0); // Reserved
  w.u16(m.creditsRequested); // CreditsRequested
  w.u32(m.preferredSendSize); // PreferredSendSize
  w.u32(m.maxReceiveSize); // MaxReceiveSize
  w.u32(m.maxFragmentedSize); // MaxFragmentedSize
  return w.finish();
}

/**
 * [MS-SMBD] 2.2.1; bytes behind the message are ignored.
 *
 * @throws {WireFormatError} where the message is too short
 */
export function decodeNegotiateRequest(bytes: Uint8Array): NegotiateRequest {
  const r = new Reader(bytes);
  const minVersion = r.u16();
  const maxVersion = r.u16();
  r.skip(2); // Reserved
  const creditsRequested = r.u16();
  const preferredSendSize = r.u32();
  const maxReceiveSize = r.u32();
  const maxFragmentedSize = r.u32();
  return {
    ...{ minVersion, maxVersion, creditsRequested },
    ...{ preferredSendSize, maxReceiveSize, maxFragmentedSize },
  };
}

/** [MS-SMBD] 2.2.2. */
export function encodeNegotiateResponse(m: NegotiateResponse): Uint8Array {
  const w = new Writer(NEGOTIATE_RESPONSE_LENGTH).begin(NEGOTIATE_RESPONSE_LENGTH);
  w.u16(m.minVersion); // MinVersion
  w.u16(m.maxVersion); // MaxVersion
  w.u16(m.negotiatedVersion); // NegotiatedVersion
  w.u16(0); // Reserved
  w.u16(m.creditsRequested); // CreditsRequested
  w.u16(m.creditsGranted); // CreditsGranted
  w.u32(m.status); // Status
  w.u32(m.maxReadWriteSize); // MaxReadWriteSize
  w.u32(m.preferredSendSize); // PreferredSendSize
  w.u32(m.maxReceiveSize); // MaxReceiveSize
  w.u32(m.maxFragmentedSize); // MaxFragmentedSize
  return w.finish();
}

/**
 * [MS-SMBD] 2.2.2; bytes behind the message are ignored.
 *
 * @throws {WireFormatError} where the message is too short
 */
export function decodeNegotiateResponse(bytes: Uint8Array): NegotiateResponse {
  const r = new Reader(bytes);
  const minVersion = r.u16();
  const maxVersion = r.u16();
  const negotiatedVersion = r.u16();
  r.skip(2); // Reserved
  const creditsRequested = r.u16();
  const creditsGranted = r.u16();
  const status = r.u32();
  const maxReadWriteSize = r.u32();
  const preferredSendSize = r.u32();
  const maxReceiveSize = r.u32();
  const maxFragmentedSize = r.u32();
  return {
    ...{ minVersion, maxVersion, negotiatedVersion, creditsRequested, creditsGranted, status },
    ...{ maxReadWriteSize, preferredSendSize, maxReceiveSize, maxFragmentedSize },
  };
}

/**
 * Writes the header of a Data Transfer message at the start of `view`, with its padding where data
 * follow, and returns the length of both ([MS-SMBD] 2.2.3).
 */
export function writeDataTransferHeader(view: DataView, m: DataTransferHeader): number {
  view.setUint16(0, m.creditsRequested, true); // CreditsRequested
  view.setUint16(2, m.creditsGranted, true); // CreditsGranted
  view.setUint16(4, m.flags, true); // Flags
  view.setUint16(6, 0, true); // Reserved
  view.setUint32(8, m.remainingDataLength, true); // RemainingDataLength
  view.setUint32(12, m.dataOffset, true); // DataOffset
  view.setUint32(16, m.dataLength, true); // DataLength
  if (m.dataLength === 0) return DATA_TRANSFER_MIN_LENGTH;
  view.setUint32(20, 0, true); // Padding
  return DATA_OFFSET;
}

/**
 * The header of a Data Transfer message of `length` bytes at the start of `view` ([MS-SMBD] 2.2.3).
 *
 * @throws {WireFormatError} where the message is too short
 */
export function readDataTransferHeader(view: DataView, length: number): DataTransferHeader {
  if (length < DATA_TRANSFER_MIN_LENGTH) {
    throw new WireFormatError(`An SMB Direct message of ${length} bytes is too short`);
  }
  return {
    creditsRequested: view.getUint16(0, true),
    creditsGranted: view.getUint16(2, true),
    flags: view.getUint16(4, true),
    remainingDataLength: view.getUint32(8, true),
    dataOffset: view.getUint32(12, true),
    dataLength: view.getUint32(16, true),
  };
}

/** [MS-SMBD] 2.2.3.1, one behind the other. */
export function encodeBufferDescriptors(descriptors: readonly BufferDescriptorV1[]): Uint8Array {
  const bytes = new Uint8Array(descriptors.length * BUFFER_DESCRIPTOR_LENGTH);
  const view = new DataView(bytes.buffer);
  descriptors.forEach(({ offset, token, length }, index) => {
    const at = index * BUFFER_DESCRIPTOR_LENGTH;
    view.setBigUint64(at, offset, true); // Offset
    view.setUint32(at + 8, token, true); // Token
    view.setUint32(at + 12, length, true); // Length
  });
  return bytes;
}

/**
 * [MS-SMBD] 2.2.3.1, one behind the other.
 *
 * @throws {WireFormatError} where the last one is not whole, or there is none
 */
export function decodeBufferDescriptors(bytes: Uint8Array): BufferDescriptorV1[] {
  const count = bytes.length / BUFFER_DESCRIPTOR_LENGTH;
  if (!Number.isInteger(count) || count === 0) {
    throw new WireFormatError(`${bytes.length} bytes are no list of buffer descriptors`);
  }
  const r = new Reader(bytes);
  return Array.from({ length: count }, () => ({
    offset: r.big64(),
    token: r.u32(),
    length: r.u32(),
  }));
}
