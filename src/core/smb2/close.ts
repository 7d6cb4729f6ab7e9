import type { FileTime } from "../wire/file-time.ts";
import type { MessageCodec } from "./codec.ts";
import { Command } from "./constants.ts";

/** [MS-SMB2] 2.2.15 and 2.2.16 Flags. */
export const CloseFlags = { POSTQUERY_ATTRIB: 0x0001 } as const;

/** [MS-SMB2] 2.2.15 SMB2 CLOSE Request. */
export interface CloseRequest {
  /** CloseFlags: POSTQUERY_ATTRIB to have the response filled in, or 0. */
  readonly flags: number;
  readonly fileId: Uint8Array;
}

/** [MS-SMB2] 2.2.15. */
export const CloseRequest: MessageCodec<CloseRequest> = {
  name: "CLOSE request",
  command: Command.CLOSE,
  structureSize: 24,
  encode(w, m) {
    w.u16(m.flags); // Flags
    w.u32(0); // Reserved
    w.raw(m.fileId); // FileId
  },
  decode(r) {
    const flags = r.u16();
    r.skip(4); // Reserved
    return { flags, fileId: r.raw(16) };
  },
};

/** [MS-SMB2] 2.2.16 SMB2 CLOSE Response. All but `flags` is zero unless it has POSTQUERY_ATTRIB. */
export interface CloseResponse {
  /** CloseFlags: POSTQUERY_ATTRIB where the other fields are valid. */
  readonly flags: number;
  readonly creationTime: FileTime;
  readonly lastAccessTime: FileTime;
  readonly lastWriteTime: FileTime;
  readonly changeTime: FileTime;
  /** In bytes. */
  readonly allocationSize: number;
  /** In bytes. */
  readonly endOfFile: number;
  readonly fileAttributes: number;
}

/** [MS-SMB2] 2.2.16. */
export const CloseResponse: MessageCodec<CloseResponse> = {
  name: "CLOSE response",
  command: Command.CLOSE,
  structureSize: 60,
  encode(w, m) {
    w.u16(m.flags); // Flags
    w.u32(0); // Reserved
    w.big64(m.creationTime); // CreationTime
    w.big64(m.lastAccessTime); // LastAccessTime
    w.big64(m.lastWriteTime); // LastWriteTime
    w.big64(m.changeTime); // ChangeTime
    w.u64(m.allocationSize); // AllocationSize
    w.u64(m.endOfFile); // EndofFile
    w.u32(m.fileAttributes); // FileAttributes
  },
  decode(r) {
    const flags = r.u16();
    r.skip(4); // Reserved
    return {
      flags,
      creationTime: r.big64(),
      lastAccessTime: r.big64(),
      lastWriteTime: r.big64(),
      changeTime: r.big64(),
      allocationSize: r.size64(),
      endOfFile: r.size64(),
      fileAttributes: r.u32(),
    };
  },
};
