import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import type { MessageCodec } from "./codec.ts";
import { variablePart } from "./codec.ts";
import { Command } from "./constants.ts";
import { HEADER_LENGTH } from "./header.ts";

/** [MS-SMB2] 2.2.21 Flags. */
export const WriteFlags = { WRITE_THROUGH: 0x0000_0001, WRITE_UNBUFFERED: 0x0000_0002 } as const;

/** Where the data of a WRITE without channel information start; Samba accepts no other place. */
export const WRITE_DATA_OFFSET = 0x70;

/** [MS-SMB2] 2.2.21 SMB2 WRITE Request, without the data: they follow as a message part. */
export interface WriteRequest {
  /** How many bytes of data follow; 0 where they go by RDMA. */
  readonly length: number;
  /** In bytes; 0 for a pipe. */
  readonly offset: number;
  readonly fileId: Uint8Array;
  /** ReadWriteChannel. */
  readonly channel: number;
  /** With a channel, how many bytes the server is to fetch by RDMA; else 0. */
  readonly remainingBytes: number;
  /** Buffer descriptors for RDMA, else empty. */
  readonly channelInfo: Uint8Array;
  /** WriteFlags. */
  readonly flags: number;
}

/** [MS-SMB2] 2.2.21. */
export const WriteRequest: MessageCodec<WriteRequest> = {
  name: "WRITE request",
  command: Command.WRITE,
  structureSize: 49,
  payloadFollows: true,
  encode(w, m) {
    const viaRdma = m.channelInfo.length > 0 && m.length === 0;
    w.u16(viaRdma ? 0 : w.tailOffset + m.channelInfo.length); // DataOffset
    w.u32(m.length); // Length
    w.u64(m.offset); // Offset
    w.raw(m.fileId); // FileId
    w.u32(m.channel); // Channel
    w.u32(m.remainingBytes); // RemainingBytes
    w.blob16(m.channelInfo); // WriteChannelInfoOffset, WriteChannelInfoLength
    w.u32(m.flags); // Flags
  },
  decode(r) {
    r.skip(2); // DataOffset: see writeData
    const length = r.u32();
    const offset = r.u64();
    const fileId = r.raw(16);
    const channel = r.u32();
    const remainingBytes = r.u32();
    const infoOffset = r.u16();
    const infoLength = r.u16();
    const flags = r.u32();
    const channelInfo = variablePart(r, infoOffset, infoLength);
    return { length, offset, fileId, channel, remainingBytes, channelInfo, flags };
  },
};

/**
 * The data of a whole WRITE request, as a view.
 *
 * @throws {WireFormatError} where they lie outside the message or inside its fixed part
 */
export function writeData(message: Uint8Array): Uint8Array {
  const r = new Reader(message, HEADER_LENGTH + 2);
  const dataOffset = r.u16();
  const length = r.u32();
  if (length !== 0 && dataOffset < WRITE_DATA_OFFSET) {
    throw new WireFormatError(`WRITE request: DataOffset is ${dataOffset}`);
  }
  return r.slice(dataOffset, length);
}

/** [MS-SMB2] 2.2.22 SMB2 WRITE Response. */
export interface WriteResponse {
  /** How many bytes were written. */
  readonly count: number;
}

/** [MS-SMB2] 2.2.22. */
export const WriteResponse: MessageCodec<WriteResponse> = {
  name: "WRITE response",
  command: Command.WRITE,
  structureSize: 17,
  encode(w, m) {
    w.u16(0); // Reserved
    w.u32(m.count); // Count
    w.zero(8); // Remaining, WriteChannelInfoOffset, WriteChannelInfoLength
  },
  decode(r) {
    r.skip(2); // Reserved
    const count = r.u32();
    r.skip(8); // Remaining, WriteChannelInfoOffset, WriteChannelInfoLength
    return { count };
  },
};
