import type { MessageCodec } from "./codec.ts";
import { variablePart } from "./codec.ts";
import { Command } from "./constants.ts";

/** [MS-SMB2] 2.2.19 Flags. */
export const ReadFlags = { READ_UNBUFFERED: 0x01, REQUEST_COMPRESSED: 0x02 } as const;

/** [MS-SMB2] 2.2.20 Flags of a response, 3.1.1 only. */
export const ReadResponseFlags = { RDMA_TRANSFORM: 0x0000_0001 } as const;

/** Where the data of a READ response usually start: behind the header and the fixed part. */
export const READ_DATA_OFFSET = 0x50;

/** [MS-SMB2] 2.2.19 SMB2 READ Request. */
export interface ReadRequest {
  /** ReadFlags with SMB 3.0.2 and later, else 0. */
  readonly flags: number;
  readonly length: number;
  /** In bytes; 0 for a pipe. */
  readonly offset: number;
  readonly fileId: Uint8Array;
  /** Fewer bytes than this are an error of the server's making. */
  readonly minimumCount: number;
  /** ReadWriteChannel. */
  readonly channel: number;
  /** Buffer descriptors for RDMA, else empty. */
  readonly channelInfo: Uint8Array;
}

/** [MS-SMB2] 2.2.19. */
export const ReadRequest: MessageCodec<ReadRequest> = {
  name: "READ request",
  command: Command.READ,
  structureSize: 49,
  encode(w, m) {
    w.u8(READ_DATA_OFFSET); // Padding: where the data of the response should start
    w.u8(m.flags); // Flags
    w.u32(m.length); // Length
    w.u64(m.offset); // Offset
    w.raw(m.fileId); // FileId
    w.u32(m.minimumCount); // MinimumCount
    w.u32(m.channel); // Channel
    w.u32(0); // RemainingBytes
    w.blob16(m.channelInfo); // ReadChannelInfoOffset, ReadChannelInfoLength
  },
  decode(r) {
    r.skip(1); // Padding
    const flags = r.u8();
    const length = r.u32();
    const offset = r.u64();
    const fileId = r.raw(16);
    const minimumCount = r.u32();
    const channel = r.u32();
    r.skip(4); // RemainingBytes
    const infoOffset = r.u16();
    const infoLength = r.u16();
    const channelInfo = variablePart(r, infoOffset, infoLength);
    return { flags, length, offset, fileId, minimumCount, channel, channelInfo };
  },
};

/** [MS-SMB2] 2.2.20 SMB2 READ Response. */
export interface ReadResponse {
  /** A view of the message; empty where the data went by RDMA. */
  readonly data: Uint8Array;
  /** Bytes placed by RDMA. */
  readonly dataRemaining: number;
  /** ReadResponseFlags with 3.1.1, else reserved. */
  readonly flags: number;
}

/** [MS-SMB2] 2.2.20. */
export const ReadResponse: MessageCodec<ReadResponse> = {
  name: "READ response",
  command: Command.READ,
  structureSize: 17,
  encode(w, m) {
    w.u8(w.tailOffset); // DataOffset
    w.u8(0); // Reserved
    w.u32(m.data.length); // DataLength
    w.u32(m.dataRemaining); // DataRemaining
    w.u32(m.flags); // Flags / Reserved2
    w.append(m.data);
  },
  decode(r) {
    const dataOffset = r.u8();
    r.skip(1); // Reserved
    const dataLength = r.u32();
    const dataRemaining = r.u32();
    const flags = r.u32();
    return { data: variablePart(r, dataOffset, dataLength), dataRemaining, flags };
  },
};
