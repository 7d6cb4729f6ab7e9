import { Reader } from "../wire/reader.ts";
import { encodeBytes } from "../wire/writer.ts";
import type { CreateContext } from "./create-contexts.ts";
import { CreateContextName } from "./create-contexts.ts";

/** [MS-SMB2] 2.2.13.2.11 Flags. */
export const DurableHandleFlags = { PERSISTENT: 0x0000_0002 } as const;

/** [MS-SMB2] 2.2.13.2.3 SMB2_CREATE_DURABLE_HANDLE_REQUEST: 16 reserved bytes. */
export function durableHandleRequest(): CreateContext {
  return { name: CreateContextName.DURABLE_HANDLE, data: new Uint8Array(16) };
}

/** [MS-SMB2] 2.2.13.2.4 SMB2_CREATE_DURABLE_HANDLE_RECONNECT of the open that `fileId` names. */
export function durableHandleReconnect(fileId: Uint8Array): CreateContext {
  return { name: CreateContextName.DURABLE_HANDLE_RECONNECT, data: fileId };
}

/** [MS-SMB2] 2.2.13.2.11 SMB2_CREATE_DURABLE_HANDLE_REQUEST_V2. */
export interface DurableHandleRequestV2 {
  /** How long the server should keep the handle, in milliseconds; 0: as it likes. */
  readonly timeoutMs: number;
  /** DurableHandleFlags. */
  readonly flags: number;
  /** 16 bytes that name this open. */
  readonly createGuid: Uint8Array;
}

/** A DH2Q context. */
export function durableHandleRequestV2(request: DurableHandleRequestV2): CreateContext {
  const data = encodeBytes(32, (w) => {
    w.u32(request.timeoutMs); // Timeout
    w.u32(request.flags); // Flags
    w.zero(8); // Reserved
    w.raw(request.createGuid); // CreateGuid
  });
  return { name: CreateContextName.DURABLE_HANDLE_V2, data };
}

/** [MS-SMB2] 2.2.13.2.12 SMB2_CREATE_DURABLE_HANDLE_RECONNECT_V2. */
export interface DurableHandleReconnectV2 {
  readonly fileId: Uint8Array;
  readonly createGuid: Uint8Array;
  /** DurableHandleFlags. */
  readonly flags: number;
}

/** A DH2C context. */
export function durableHandleReconnectV2(reconnect: DurableHandleReconnectV2): CreateContext {
  const data = encodeBytes(36, (w) => {
    w.raw(reconnect.fileId); // FileId
    w.raw(reconnect.createGuid); // CreateGuid
    w.u32(reconnect.flags); // Flags
  });
  return { name: CreateContextName.DURABLE_HANDLE_RECONNECT_V2, data };
}

/** [MS-SMB2] 2.2.14.2.12 SMB2_CREATE_DURABLE_HANDLE_RESPONSE_V2. */
export interface DurableHandleResponseV2 {
  /** How long the server keeps the handle, in milliseconds. */
  readonly timeoutMs: number;
  /** DurableHandleFlags. */
  readonly flags: number;
}

/**
 * The data of a DH2Q context in a response. (A DHnQ in a response says by being there that the open
 * is durable; its data are reserved.)
 *
 * @throws {WireFormatError} where they are too short
 */
export function decodeDurableHandleV2(data: Uint8Array): DurableHandleResponseV2 {
  const r = new Reader(data);
  return { timeoutMs: r.u32(), flags: r.u32() };
}
