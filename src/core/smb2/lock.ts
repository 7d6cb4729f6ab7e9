import type { MessageCodec } from "./codec.ts";
import { Command } from "./constants.ts";
import type { EmptyBody } from "./empty-body.ts";
import { emptyBody } from "./empty-body.ts";

/** [MS-SMB2] 2.2.26.1 Flags. */
export const LockFlags = {
  SHARED_LOCK: 0x0000_0001,
  EXCLUSIVE_LOCK: 0x0000_0002,
  UNLOCK: 0x0000_0004,
  FAIL_IMMEDIATELY: 0x0000_0010,
} as const;

/** [MS-SMB2] 2.2.26.1 SMB2_LOCK_ELEMENT. */
export interface LockElement {
  /** In bytes; the full range, for locks beyond any end of file. */
  readonly offset: bigint;
  /** In bytes. */
  readonly length: bigint;
  /** LockFlags. */
  readonly flags: number;
}

/** [MS-SMB2] 2.2.26 SMB2 LOCK Request. */
export interface LockRequest {
  /** LockSequenceNumber (low 4 bits) and LockSequenceIndex; 0 where locks are not replayed. */
  readonly lockSequence: number;
  readonly fileId: Uint8Array;
  /** At least one. */
  readonly locks: readonly LockElement[];
}

/** [MS-SMB2] 2.2.26. StructureSize counts the first of the locks. */
export const LockRequest: MessageCodec<LockRequest> = {
  name: "LOCK request",
  command: Command.LOCK,
  structureSize: 48,
  encode(w, m) {
    w.u16(m.locks.length); // LockCount
    w.u32(m.lockSequence); // LockSequenceNumber, LockSequenceIndex
    w.raw(m.fileId); // FileId
    m.locks.forEach((lock, index) => {
      if (index > 0) w.begin(24);
      w.big64(lock.offset); // Offset
      w.big64(lock.length); // Length
      w.u32(lock.flags); // Flags
      w.u32(0); // Reserved
    });
  },
  decode(r) {
    const lockCount = r.u16();
    const lockSequence = r.u32();
    const fileId = r.raw(16);
    r.expectCount(lockCount, 24);
    const locks: LockElement[] = [];
    for (let index = 0; index < lockCount; index += 1) {
      locks.push({ offset: r.big64(), length: r.big64(), flags: r.u32() });
      r.skip(4); // Reserved
    }
    return { lockSequence, fileId, locks };
  },
};

/** [MS-SMB2] 2.2.27 SMB2 LOCK Response. */
export type LockResponse = EmptyBody;

/** [MS-SMB2] 2.2.27. */
export const LockResponse: MessageCodec<LockResponse> = emptyBody("LOCK response", Command.LOCK);
