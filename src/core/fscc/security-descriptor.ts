import { WireFormatError } from "../errors.ts";
import { formatGuid } from "../wire/guid.ts";
import { Reader } from "../wire/reader.ts";
import { readSid } from "../wire/sid.ts";

/** [MS-DTYP] 2.4.6 Control. */
export const SecurityDescriptorControl = {
  OWNER_DEFAULTED: 0x0001,
  GROUP_DEFAULTED: 0x0002,
  DACL_PRESENT: 0x0004,
  DACL_DEFAULTED: 0x0008,
  SACL_PRESENT: 0x0010,
  SACL_DEFAULTED: 0x0020,
  DACL_TRUSTED: 0x0040,
  SERVER_SECURITY: 0x0080,
  DACL_AUTO_INHERIT_REQ: 0x0100,
  SACL_AUTO_INHERIT_REQ: 0x0200,
  DACL_AUTO_INHERITED: 0x0400,
  SACL_AUTO_INHERITED: 0x0800,
  DACL_PROTECTED: 0x1000,
  SACL_PROTECTED: 0x2000,
  RM_CONTROL_VALID: 0x4000,
  SELF_RELATIVE: 0x8000,
} as const;

/** [MS-SMB2] 2.2.37 AdditionalInformation: which parts of a descriptor are asked for. */
export const SecurityInformation = { OWNER: 0x1, GROUP: 0x2, DACL: 0x4, SACL: 0x8 } as const;

/** [MS-DTYP] 2.4.4: an access control entry. */
export interface AccessControlEntry {
  /** [MS-DTYP] 2.4.4.1 AceType: 0 allows, 1 denies, 2 audits. */
  readonly type: number;
  readonly flags: number;
  /** Access mask. */
  readonly mask: number;
  /** Whom it is about; "" where the type is unknown. */
  readonly sid: string;
  /** GUIDs of the object types ([MS-DTYP] 2.4.4.3). */
  readonly objectType?: string;
  readonly inheritedObjectType?: string;
  /** What follows the SID: conditions, resource attributes; all of it where the type is unknown. */
  readonly data: Uint8Array;
}

/** [MS-DTYP] 2.4.5: an access control list. */
export interface AccessControlList {
  readonly revision: number;
  readonly entries: readonly AccessControlEntry[];
}

/** [MS-DTYP] 2.4.6: a self-relative security descriptor. */
export interface SecurityDescriptor {
  readonly revision: number;
  readonly control: number;
  readonly owner?: string;
  readonly group?: string;
  /** Absent although DACL_PRESENT is set: a null list, which allows everything to everybody. */
  readonly dacl?: AccessControlList;
  readonly sacl?: AccessControlList;
}

/** Bytes before the first ACE of a list, and of the smallest ACE. */
const ACL_HEADER = 8;
const ACE_HEADER = 4;

/** AceTypes whose SID follows the mask ([MS-DTYP] 2.4.4.2, 2.4.4.4, 2.4.4.6, 2.4.4.10 …). */
const PLAIN_TYPES: ReadonlySet<number> = new Set([0, 1, 2, 3, 9, 10, 13, 14, 17, 18, 19]);
/** AceTypes with object GUIDs in between ([MS-DTYP] 2.4.4.3, 2.4.4.5 …). */
const OBJECT_TYPES: ReadonlySet<number> = new Set([5, 6, 7, 8, 11, 12, 15, 16]);

const OBJECT_TYPE_PRESENT = 0x1;
const INHERITED_OBJECT_TYPE_PRESENT = 0x2;

/** @throws {WireFormatError} where a part lies outside the bytes or is not well formed */
export function decodeSecurityDescriptor(bytes: Uint8Array): SecurityDescriptor {
  const r = new Reader(bytes);
  const revision = r.u8();
  r.skip(1);
  const control = r.u16();
  const ownerAt = r.u32();
  const groupAt = r.u32();
  const saclAt = r.u32();
  const daclAt = r.u32();
  const hasSacl = (control & SecurityDescriptorControl.SACL_PRESENT) !== 0 && saclAt !== 0;
  const hasDacl = (control & SecurityDescriptorControl.DACL_PRESENT) !== 0 && daclAt !== 0;
  return {
    revision,
    control,
    ...(ownerAt !== 0 && { owner: readSid(new Reader(bytes, ownerAt)) }),
    ...(groupAt !== 0 && { group: readSid(new Reader(bytes, groupAt)) }),
    ...(hasDacl && { dacl: decodeAcl(bytes, daclAt) }),
    ...(hasSacl && { sacl: decodeAcl(bytes, saclAt) }),
  };
}

function decodeAcl(bytes: Uint8Array, at: number): AccessControlList {
  const header = new Reader(bytes, at);
  const revision = header.u8();
  header.skip(1);
  const size = header.u16();
  const count = header.u16();
  header.skip(2);
  if (size < ACL_HEADER) throw new WireFormatError(`An access control list of ${size} bytes`);
  const r = new Reader(header.slice(at, size), ACL_HEADER);
  const entries = Array.from({ length: r.expectCount(count, ACE_HEADER) }, () => readAce(r));
  return { revision, entries };
}

function readAce(r: Reader): AccessControlEntry {
  const type = r.u8();
  const flags = r.u8();
  const size = r.u16();
  if (size < ACE_HEADER) throw new WireFormatError(`An access control entry of ${size} bytes`);
  const body = new Reader(r.raw(size - ACE_HEADER));
  if (PLAIN_TYPES.has(type)) {
    return { type, flags, mask: body.u32(), sid: readSid(body), data: body.rest() };
  }
  if (!OBJECT_TYPES.has(type)) return { type, flags, mask: 0, sid: "", data: body.rest() };
  const mask = body.u32();
  const present = body.u32();
  return {
    type,
    flags,
    mask,
    ...((present & OBJECT_TYPE_PRESENT) !== 0 && { objectType: formatGuid(body.raw(16)) }),
    ...((present & INHERITED_OBJECT_TYPE_PRESENT) !== 0 && {
      inheritedObjectType: formatGuid(body.raw(16)),
    }),
    sid: readSid(body),
    data: body.rest(),
  };
}
