import { RdmaError } from "./errors.ts";

/** Numbers of one completion record. */
export const COMPLETION_WORDS = 8;

/** Where in a record what stands. */
export const CompletionField = {
  /** The id of the request; of a RECEIVE the slot. */
  ID: 0,
  /** One of `Opcode`; right also where it failed. */
  OPCODE: 1,
  /** One of `CompletionStatus`. */
  STATUS: 2,
  /** Bytes, of RECEIVE and READ. */
  BYTE_LENGTH: 3,
  /** Bits of `CompletionFlag`. */
  FLAGS: 4,
  /** The key of ours that the peer's message has invalidated, where FLAGS has INVALIDATED. */
  INVALIDATED_KEY: 5,
  /** The device's own word about an error. */
  VENDOR_ERROR: 6,
} as const;

export const CompletionFlag = { INVALIDATED: 1 } as const;

/** What ended. */
export const Opcode = {
  SEND: 0,
  WRITE: 1,
  READ: 2,
  BIND: 3,
  INVALIDATE: 4,
  RECEIVE: 5,
} as const;

/** What a work request asks for besides. */
export const WorkFlag = {
  /** No completion where it succeeds; a later one with completion tells that it did. */
  UNSIGNALED: 1,
  /** Not before the RDMA READs before it have ended. */
  FENCE: 2,
  SOLICITED: 4,
} as const;

/** ibv_wc_status. Everything but SUCCESS has ended the connection. */
export const CompletionStatus = {
  SUCCESS: 0,
  /** A message was longer than the receive it came to; told to both sides. */
  LOCAL_LENGTH_ERROR: 1,
  LOCAL_QP_OPERATION_ERROR: 2,
  LOCAL_PROTECTION_ERROR: 4,
  /** The queue pair was already in error; this request was not done, or nobody knows. */
  FLUSHED: 5,
  MEMORY_WINDOW_BIND_ERROR: 6,
  LOCAL_ACCESS_ERROR: 8,
  REMOTE_INVALID_REQUEST: 9,
  /** The peer's device refused the key, the range, or the kind of access. */
  REMOTE_ACCESS_ERROR: 10,
  REMOTE_OPERATION_ERROR: 11,
  /** No answer: the link is down or the peer is gone. */
  RETRIES_EXCEEDED: 12,
  /** The peer had posted no receive. */
  RNR_RETRIES_EXCEEDED: 13,
  FATAL: 19,
  RESPONSE_TIMEOUT: 20,
  GENERAL_ERROR: 21,
} as const;

const STATUS_WORDS: Readonly<Record<number, string>> = {
  1: "the message is longer than its buffer",
  2: "the request is not valid for this queue pair",
  4: "the memory is not registered for this",
  5: "the connection had already failed",
  6: "the memory window could not be bound",
  7: "the answer was not understood",
  8: "the peer tried what our memory does not allow",
  9: "the peer refused the request as invalid",
  10: "the peer refused the access to its memory",
  11: "the peer's device could not do it",
  12: "the peer does not answer",
  13: "the peer was not ready to receive",
  19: "the device failed",
  20: "no answer in time",
};

const OPCODE_WORDS = [
  "send",
  "RDMA write",
  "RDMA read",
  "window bind",
  "invalidation",
  "receive",
] as const;

/** The error of a failed completion: `An RDMA write failed: the peer does not answer`. */
export function completionError(opcode: number, status: number, vendorError = 0): RdmaError {
  const what = OPCODE_WORDS[opcode] ?? `operation ${opcode}`;
  const why = STATUS_WORDS[status] ?? `completion status ${status}`;
  const vendor = vendorError === 0 ? "" : ` (device error 0x${vendorError.toString(16)})`;
  const article = /^(RDMA|invalid)/.test(what) ? "An" : "A";
  return new RdmaError(`${article} ${what} failed: ${why}${vendor}`, {
    kind: "completion",
    opcode,
    status,
  });
}
