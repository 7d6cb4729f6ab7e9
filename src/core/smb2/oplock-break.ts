import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import type { MessageCodec } from "./codec.ts";
import { decodeBody } from "./codec.ts";
import { Command } from "./constants.ts";
import { HEADER_LENGTH } from "./header.ts";

/** What an oplock break's notification, acknowledgment and response all hold. */
export interface OplockBreak {
  /** OplockLevel: offered, accepted or confirmed. */
  readonly oplockLevel: number;
  /** 16 bytes of its own. */
  readonly fileId: Uint8Array;
}

/** [MS-SMB2] 2.2.23.1: the server takes an oplock back. */
export type OplockBreakNotification = OplockBreak;
/** [MS-SMB2] 2.2.24.1. */
export type OplockBreakAcknowledgment = OplockBreak;
/** [MS-SMB2] 2.2.25.1. */
export type OplockBreakResponse = OplockBreak;

function oplockBreak(name: string): MessageCodec<OplockBreak> {
  return {
    name,
    command: Command.OPLOCK_BREAK,
    structureSize: 24,
    encode(w, m) {
      w.u8(m.oplockLevel); // OplockLevel
      w.u8(0).u32(0); // Reserved, Reserved2
      w.raw(m.fileId); // FileId
    },
    decode(r) {
      const oplockLevel = r.u8();
      r.skip(5); // Reserved, Reserved2
      return { oplockLevel, fileId: r.raw(16).slice() };
    },
  };
}

/** [MS-SMB2] 2.2.23.1. */
export const OplockBreakNotification: MessageCodec<OplockBreakNotification> = oplockBreak(
  "OPLOCK_BREAK notification",
);
/** [MS-SMB2] 2.2.24.1. */
export const OplockBreakAcknowledgment: MessageCodec<OplockBreakAcknowledgment> = oplockBreak(
  "OPLOCK_BREAK acknowledgment",
);
/** [MS-SMB2] 2.2.25.1. */
export const OplockBreakResponse: MessageCodec<OplockBreakResponse> =
  oplockBreak("OPLOCK_BREAK response");

/** [MS-SMB2] 2.2.23.2 Flags. */
export const LeaseBreakFlags = { ACK_REQUIRED: 0x01 } as const;

/** [MS-SMB2] 2.2.23.2: the server takes a lease, or a part of it, back. */
export interface LeaseBreakNotification {
  /** SMB 3.x only, else reserved. */
  readonly newEpoch: number;
  /** LeaseBreakFlags. */
  readonly flags: number;
  /** 16 bytes of its own. */
  readonly leaseKey: Uint8Array;
  /** LeaseState. */
  readonly currentLeaseState: number;
  /** LeaseState. */
  readonly newLeaseState: number;
}

/** [MS-SMB2] 2.2.23.2. */
export const LeaseBreakNotification: MessageCodec<LeaseBreakNotification> = {
  name: "LEASE_BREAK notification",
  command: Command.OPLOCK_BREAK,
  structureSize: 44,
  encode(w, m) {
    w.u16(m.newEpoch); // NewEpoch
    w.u32(m.flags); // Flags
    w.raw(m.leaseKey); // LeaseKey
    w.u32(m.currentLeaseState); // CurrentLeaseState
    w.u32(m.newLeaseState); // NewLeaseState
    w.zero(12); // BreakReason, AccessMaskHint, ShareMaskHint
  },
  decode(r) {
    const newEpoch = r.u16();
    const flags = r.u32();
    const leaseKey = r.raw(16).slice();
    const currentLeaseState = r.u32();
    const newLeaseState = r.u32();
    r.skip(12); // BreakReason, AccessMaskHint, ShareMaskHint
    return { newEpoch, flags, leaseKey, currentLeaseState, newLeaseState };
  },
};

/** What a lease break's acknowledgment and response hold. */
export interface LeaseBreak {
  /** 16 bytes of its own. */
  readonly leaseKey: Uint8Array;
  /** LeaseState. */
  readonly leaseState: number;
}

/** [MS-SMB2] 2.2.24.2. */
export type LeaseBreakAcknowledgment = LeaseBreak;
/** [MS-SMB2] 2.2.25.2. */
export type LeaseBreakResponse = LeaseBreak;

function leaseBreak(name: string): MessageCodec<LeaseBreak> {
  return {
    name,
    command: Command.OPLOCK_BREAK,
    structureSize: 36,
    encode(w, m) {
      w.u16(0).u32(0); // Reserved, Flags
      w.raw(m.leaseKey); // LeaseKey
      w.u32(m.leaseState); // LeaseState
      w.zero(8); // LeaseDuration
    },
    decode(r) {
      r.skip(6); // Reserved, Flags
      const leaseKey = r.raw(16).slice();
      const leaseState = r.u32();
      r.skip(8); // LeaseDuration
      return { leaseKey, leaseState };
    },
  };
}

/** [MS-SMB2] 2.2.24.2. */
export const LeaseBreakAcknowledgment: MessageCodec<LeaseBreakAcknowledgment> = leaseBreak(
  "LEASE_BREAK acknowledgment",
);
/** [MS-SMB2] 2.2.25.2. */
export const LeaseBreakResponse: MessageCodec<LeaseBreakResponse> =
  leaseBreak("LEASE_BREAK response");

/** An unsolicited break, of the one kind or the other. */
export type BreakNotification =
  | ({ readonly kind: "oplock" } & OplockBreakNotification)
  | ({ readonly kind: "lease" } & LeaseBreakNotification);

/**
 * Decodes a whole break notification: the two kinds are told apart by StructureSize, 24 or 44.
 *
 * @throws {WireFormatError} where it is neither, or too short
 */
export function decodeBreakNotification(message: Uint8Array): BreakNotification {
  const structureSize = new Reader(message, HEADER_LENGTH).u16();
  if (structureSize === OplockBreakNotification.structureSize) {
    return { kind: "oplock", ...decodeBody(message, OplockBreakNotification) };
  }
  if (structureSize === LeaseBreakNotification.structureSize) {
    return { kind: "lease", ...decodeBody(message, LeaseBreakNotification) };
  }
  throw new WireFormatError(`OPLOCK_BREAK notification: StructureSize is ${structureSize}`);
}
