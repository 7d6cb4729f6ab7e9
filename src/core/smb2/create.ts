import type { FileTime } from "../wire/file-time.ts";
import { decodeUtf16, encodeUtf16 } from "../wire/utf16.ts";
import type { MessageCodec } from "./codec.ts";
import { placeBlob16, variablePart } from "./codec.ts";
import { Command } from "./constants.ts";
import type { CreateContext } from "./create-contexts.ts";
import { appendCreateContexts, readCreateContexts } from "./create-contexts.ts";

/** [MS-SMB2] 2.2.14 Flags of a response. */
export const CreateResponseFlags = { REPARSEPOINT: 0x01 } as const;

/** [MS-SMB2] 2.2.13 SMB2 CREATE Request. */
export interface CreateRequest {
  /** OplockLevel. */
  readonly requestedOplockLevel: number;
  readonly impersonationLevel: number;
  /** AccessMask bits. */
  readonly desiredAccess: number;
  /** FILE_ATTRIBUTE_… of [MS-FSCC] 2.6. */
  readonly fileAttributes: number;
  readonly shareAccess: number;
  readonly createDisposition: number;
  readonly createOptions: number;
  /** Relative to the share, without a leading backslash; empty for its root. */
  readonly name: string;
  readonly createContexts: readonly CreateContext[];
}

/** [MS-SMB2] 2.2.13. */
export const CreateRequest: MessageCodec<CreateRequest> = {
  name: "CREATE request",
  command: Command.CREATE,
  structureSize: 57,
  encode(w, m) {
    w.u8(0); // SecurityFlags
    w.u8(m.requestedOplockLevel); // RequestedOplockLevel
    w.u32(m.impersonationLevel); // ImpersonationLevel
    w.zero(16); // SmbCreateFlags, Reserved
    w.u32(m.desiredAccess); // DesiredAccess
    w.u32(m.fileAttributes); // FileAttributes
    w.u32(m.shareAccess); // ShareAccess
    w.u32(m.createDisposition); // CreateDisposition
    w.u32(m.createOptions); // CreateOptions
    placeBlob16(w, "The path", encodeUtf16(m.name)); // NameOffset, NameLength
    appendCreateContexts(w, m.createContexts); // CreateContextsOffset, CreateContextsLength
  },
  decode(r) {
    r.skip(1); // SecurityFlags
    const requestedOplockLevel = r.u8();
    const impersonationLevel = r.u32();
    r.skip(16); // SmbCreateFlags, Reserved
    const desiredAccess = r.u32();
    const fileAttributes = r.u32();
    const shareAccess = r.u32();
    const createDisposition = r.u32();
    const createOptions = r.u32();
    const nameOffset = r.u16();
    const nameLength = r.u16();
    const contextsOffset = r.u32();
    const contextsLength = r.u32();
    return {
      requestedOplockLevel,
      impersonationLevel,
      desiredAccess,
      fileAttributes,
      shareAccess,
      createDisposition,
      createOptions,
      name: decodeUtf16(variablePart(r, nameOffset, nameLength)),
      createContexts: readCreateContexts(variablePart(r, contextsOffset, contextsLength)),
    };
  },
};

/** [MS-SMB2] 2.2.14 SMB2 CREATE Response. */
export interface CreateResponse {
  readonly oplockLevel: number;
  /** CreateResponseFlags with SMB 3.x, else reserved. */
  readonly flags: number;
  /** CreateAction. */
  readonly createAction: number;
  readonly creationTime: FileTime;
  readonly lastAccessTime: FileTime;
  readonly lastWriteTime: FileTime;
  readonly changeTime: FileTime;
  /** In bytes; UNKNOWN_SIZE where the server's value is none. */
  readonly allocationSize: number;
  /** In bytes; UNKNOWN_SIZE where the server's value is none. */
  readonly endOfFile: number;
  readonly fileAttributes: number;
  /** 16 bytes of its own, never a view of the message. */
  readonly fileId: Uint8Array;
  readonly createContexts: readonly CreateContext[];
}

/** [MS-SMB2] 2.2.14. */
export const CreateResponse: MessageCodec<CreateResponse> = {
  name: "CREATE response",
  command: Command.CREATE,
  structureSize: 89,
  encode(w, m) {
    w.u8(m.oplockLevel); // OplockLevel
    w.u8(m.flags); // Flags
    w.u32(m.createAction); // CreateAction
    w.big64(m.creationTime); // CreationTime
    w.big64(m.lastAccessTime); // LastAccessTime
    w.big64(m.lastWriteTime); // LastWriteTime
    w.big64(m.changeTime); // ChangeTime
    w.u64(m.allocationSize); // AllocationSize
    w.u64(m.endOfFile); // EndofFile
    w.u32(m.fileAttributes); // FileAttributes
    w.u32(0); // Reserved2
    w.raw(m.fileId); // FileId
    appendCreateContexts(w, m.createContexts); // CreateContextsOffset, CreateContextsLength
  },
  decode(r) {
    const oplockLevel = r.u8();
    const flags = r.u8();
    const createAction = r.u32();
    const creationTime = r.big64();
    const lastAccessTime = r.big64();
    const lastWriteTime = r.big64();
    const changeTime = r.big64();
    const allocationSize = r.size64();
    const endOfFile = r.size64();
    const fileAttributes = r.u32();
    r.skip(4); // Reserved2
    const fileId = r.raw(16).slice();
    const contextsOffset = r.u32();
    const contextsLength = r.u32();
    return {
      oplockLevel,
      flags,
      createAction,
      creationTime,
      lastAccessTime,
      lastWriteTime,
      changeTime,
      allocationSize,
      endOfFile,
      fileAttributes,
      fileId,
      createContexts: readCreateContexts(variablePart(r, contextsOffset, contextsLength)),
    };
  },
};
