import { WireFormatError } from "../errors.ts";
import { FileAttributes } from "../fscc/file-attributes.ts";
import { decodeSecurityDescriptor, SecurityInformation } from "../fscc/security-descriptor.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { Result } from "../session/one-by-one.ts";
import type { Reply, RequestSpec } from "../session/request-spec.ts";
import { AccessMask, InfoType } from "../smb2/constants.ts";
import type { QueryInfoRequest, QueryInfoResponse } from "../smb2/query-info.ts";
import { queryInfoSpec } from "./open.ts";

/** What a file is besides its bytes, as far as two files can be compared. */
export interface FileCharacter {
  /** FILE_ATTRIBUTE bits. */
  readonly attributes: number;
  /** Owner, group and DACL as the server encodes them; undefined where it tells nothing of them. */
  readonly security: Uint8Array | undefined;
}

/** Attributes that come and go with what is written, or that each new file gets. */
const CHANGING = FileAttributes.ARCHIVE | FileAttributes.NORMAL | FileAttributes.SPARSE_FILE;
/** What the right to execute brings along where a server makes ACLs of permission bits. */
const EXECUTING =
  AccessMask.EXECUTE | AccessMask.DELETE_CHILD | AccessMask.WRITE_DAC | AccessMask.WRITE_OWNER;
/** [MS-DTYP] 2.4.4.1 ACCESS_ALLOWED_ACE_TYPE. */
const ALLOWS = 0;

/** Asks for owner, group and DACL of an open file. */
export function querySecuritySpec(
  fileId: Uint8Array,
): RequestSpec<QueryInfoRequest, QueryInfoResponse> {
  const { OWNER, GROUP, DACL } = SecurityInformation;
  const additionalInformation = OWNER | GROUP | DACL;
  return queryInfoSpec(fileId, InfoType.SECURITY, 0, { maxSize: 65_536, additionalInformation });
}

/** What came of `querySecuritySpec`. */
export function securityOf(result: Result | undefined): Uint8Array | undefined {
  if (result === undefined || result instanceof NtStatusError) return undefined;
  return (result as Reply<QueryInfoResponse>).body.outputBuffer.slice();
}

/** What `old` would lose if `fresh` took its place; undefined where that is nothing. */
export function whatIsLost(old: FileCharacter, fresh: FileCharacter): string | undefined {
  if (((old.attributes ^ fresh.attributes) & ~CHANGING) !== 0)
    return "it has other attributes than a new file";
  return isSameSecurity(old, fresh)
    ? undefined
    : "its owner or its permissions are not those of a new file";
}

/**
 * Samba keeps the attribute A in the owner's right to execute (`map archive`): a file that was made on
 * the server has neither. Overwriting gives it both, and so does replacing it.
 */
function isSameSecurity(old: FileCharacter, fresh: FileCharacter): boolean {
  const [was, is] = [old.security, fresh.security];
  if (was === undefined || is === undefined) return was === is;
  if (Buffer.compare(was, is) === 0) return true;
  const isArchived = (old.attributes & FileAttributes.ARCHIVE) !== 0;
  if (isArchived) return false;
  const text = asIfExecutable(was);
  return text !== undefined && text === asIfExecutable(is);
}

/** A text of all that a security descriptor says, with whose owner may execute; undefined if malformed. */
function asIfExecutable(security: Uint8Array): string | undefined {
  try {
    const descriptor = decodeSecurityDescriptor(security);
    const dacl = descriptor.dacl?.entries.map((entry) =>
      entry.type === ALLOWS && entry.sid === descriptor.owner
        ? { ...entry, mask: entry.mask | EXECUTING }
        : entry,
    );
    return JSON.stringify({ ...descriptor, dacl });
  } catch (error) {
    if (error instanceof WireFormatError) return undefined;
    throw error;
  }
}
