import type { FileTime } from "../wire/file-time.ts";
import { Reader } from "../wire/reader.ts";
import { encodeBytes } from "../wire/writer.ts";
import { NO_BYTES } from "./codec.ts";
import type { CreateContext } from "./create-contexts.ts";
import { CreateContextName, findCreateContext } from "./create-contexts.ts";

/** [MS-SMB2] 2.2.13.2.5 SMB2_CREATE_QUERY_MAXIMAL_ACCESS_REQUEST, without its optional timestamp. */
export function maximalAccessRequest(): CreateContext {
  return { name: CreateContextName.QUERY_MAXIMAL_ACCESS, data: NO_BYTES };
}

/** [MS-SMB2] 2.2.14.2.5 SMB2_CREATE_QUERY_MAXIMAL_ACCESS_RESPONSE. */
export interface MaximalAccess {
  /** An NTSTATUS; the access counts only where it is 0. */
  readonly queryStatus: number;
  readonly maximalAccess: number;
}

/** @throws {WireFormatError} where the data of the MxAc context are too short */
export function decodeMaximalAccess(data: Uint8Array): MaximalAccess {
  const r = new Reader(data);
  return { queryStatus: r.u32(), maximalAccess: r.u32() };
}

/** [MS-SMB2] 2.2.13.2.9 SMB2_CREATE_QUERY_ON_DISK_ID. */
export function onDiskIdRequest(): CreateContext {
  return { name: CreateContextName.QUERY_ON_DISK_ID, data: NO_BYTES };
}

/** [MS-SMB2] 2.2.14.2.9 SMB2_CREATE_QUERY_ON_DISK_ID response. */
export interface OnDiskId {
  /** Unique on its volume, as FileInternalInformation gives it. */
  readonly diskFileId: bigint;
  readonly volumeId: bigint;
}

/** @throws {WireFormatError} where the data of the QFid context are too short */
export function decodeOnDiskId(data: Uint8Array): OnDiskId {
  const r = new Reader(data);
  return { diskFileId: r.big64(), volumeId: r.big64() };
}

/** The QFid context of a CREATE response; undefined where the server gave none that is one. */
export function onDiskIdOf(contexts: readonly CreateContext[]): OnDiskId | undefined {
  const data = findCreateContext(contexts, CreateContextName.QUERY_ON_DISK_ID);
  return data === undefined || data.length < 16 ? undefined : decodeOnDiskId(data);
}

/** [MS-SMB2] 2.2.13.2.6 SMB2_CREATE_ALLOCATION_SIZE, in bytes. */
export function allocationSizeRequest(allocationSize: number): CreateContext {
  const data = encodeBytes(8, (w) => w.u64(allocationSize));
  return { name: CreateContextName.ALLOCATION_SIZE, data };
}

/** [MS-SMB2] 2.2.13.2.7 SMB2_CREATE_TIMEWARP_TOKEN: open the file as it was at `snapshot`. */
export function timewarpRequest(snapshot: FileTime): CreateContext {
  const data = encodeBytes(8, (w) => w.big64(snapshot));
  return { name: CreateContextName.TIMEWARP_TOKEN, data };
}

/** [MS-SMB2] 2.2.13.2.1 SMB2_CREATE_EA_BUFFER: encoded FILE_FULL_EA_INFORMATION. */
export function extendedAttributesRequest(fullEaInformation: Uint8Array): CreateContext {
  return { name: CreateContextName.EA_BUFFER, data: fullEaInformation };
}

/** [MS-SMB2] 2.2.13.2.2 SMB2_CREATE_SD_BUFFER: a self-relative security descriptor. */
export function securityDescriptorRequest(securityDescriptor: Uint8Array): CreateContext {
  return { name: CreateContextName.SD_BUFFER, data: securityDescriptor };
}

/** The SMB3 POSIX extensions' create context: open by POSIX rules, create with `mode`. */
export function posixRequest(mode: number): CreateContext {
  return { name: CreateContextName.POSIX, data: encodeBytes(4, (w) => w.u32(mode)) };
}

/** What a server that has the SMB3 POSIX extensions tells of an open file. */
export interface PosixOpen {
  readonly numberOfLinks: number;
  readonly reparseTag: number;
  /** Permission bits. */
  readonly mode: number;
  /** An encoded SID ([MS-DTYP] 2.4.2.2), a view. */
  readonly ownerSid: Uint8Array;
  /** An encoded SID ([MS-DTYP] 2.4.2.2), a view. */
  readonly groupSid: Uint8Array;
}

/** @throws {WireFormatError} where the data of the POSIX context are too short */
export function decodePosixOpen(data: Uint8Array): PosixOpen {
  const r = new Reader(data);
  return {
    numberOfLinks: r.u32(),
    reparseTag: r.u32(),
    mode: r.u32(),
    ownerSid: rawSid(r),
    groupSid: rawSid(r),
  };
}

function rawSid(r: Reader): Uint8Array {
  const start = r.pos;
  r.skip(1); // Revision
  const subAuthorityCount = r.u8();
  r.pos = start;
  return r.raw(8 + 4 * subAuthorityCount);
}
