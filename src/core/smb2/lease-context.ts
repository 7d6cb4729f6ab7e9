import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import { encodeBytes } from "../wire/writer.ts";
import type { CreateContext } from "./create-contexts.ts";
import { CreateContextName } from "./create-contexts.ts";

/** [MS-SMB2] 2.2.13.2.8 LeaseState. */
export const LeaseState = {
  NONE: 0x00,
  READ_CACHING: 0x01,
  HANDLE_CACHING: 0x02,
  WRITE_CACHING: 0x04,
} as const;

/** [MS-SMB2] 2.2.13.2.10 and 2.2.14.2.10 Flags. */
export const LeaseFlags = { BREAK_IN_PROGRESS: 0x02, PARENT_LEASE_KEY_SET: 0x04 } as const;

/** [MS-SMB2] 2.2.13.2.8 SMB2_CREATE_REQUEST_LEASE, and with `v2` 2.2.13.2.10. */
export interface Lease {
  /** 16 bytes that the client made up, one key for each file. */
  readonly leaseKey: Uint8Array;
  readonly leaseState: number;
  /** LeaseFlags. */
  readonly flags: number;
  /** What version 2 adds; SMB 3.x only. */
  readonly v2?: {
    /** Of the directory; zeros without PARENT_LEASE_KEY_SET. */
    readonly parentLeaseKey: Uint8Array;
    readonly epoch: number;
  };
}

const V1_LENGTH = 32;
const V2_LENGTH = 52;

/** An RqLs context, for a request or a response: version 2 where the lease has `v2`. */
export function leaseContext(lease: Lease): CreateContext {
  const { v2 } = lease;
  const data = encodeBytes(v2 === undefined ? V1_LENGTH : V2_LENGTH, (w) => {
    w.raw(lease.leaseKey); // LeaseKey
    w.u32(lease.leaseState); // LeaseState
    w.u32(lease.flags); // LeaseFlags / Flags
    w.zero(8); // LeaseDuration
    if (v2 !== undefined) w.raw(v2.parentLeaseKey).u16(v2.epoch); // ParentLeaseKey, Epoch
  });
  return { name: CreateContextName.LEASE, data };
}

/**
 * The lease of an RqLs context's data ([MS-SMB2] 2.2.14.2.10 and 2.2.14.2.11), with bytes of its own.
 * The versions are told apart by their length.
 *
 * @throws {WireFormatError} where the data are of neither length
 */
export function decodeLease(data: Uint8Array): Lease {
  if (data.length !== V1_LENGTH && data.length !== V2_LENGTH) {
    throw new WireFormatError(`Lease context of ${data.length} bytes`);
  }
  const r = new Reader(data);
  const leaseKey = r.raw(16).slice();
  const leaseState = r.u32();
  const flags = r.u32();
  r.skip(8); // LeaseDuration
  if (data.length === V1_LENGTH) return { leaseKey, leaseState, flags };
  const parentLeaseKey = r.raw(16).slice();
  return { leaseKey, leaseState, flags, v2: { parentLeaseKey, epoch: r.u16() } };
}
