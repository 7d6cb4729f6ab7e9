import type { RdmaError } from "rdma-verbs-napi";
import {
  DialFailure,
  ProtocolError,
  TransportClosedError,
  type TransportFailureReason,
  WireFormatError,
} from "../../core/errors.ts";

/** rdma_cm's numbers for "nobody listens there": of InfiniBand and RoCE, and of iWARP. */
const NOBODY_LISTENS: readonly (number | undefined)[] = [8, 111];

/** Why `address` could not be reached by RDMA. */
export function rdmaDialFailure(address: string, cause: unknown): DialFailure {
  if (cause instanceof DialFailure) return cause;
  const { kind, reason, message } = cause as Partial<RdmaError> & Error;
  if (kind === "rejected" && NOBODY_LISTENS.includes(reason)) {
    const words = "RDMA connection refused, nothing listens there";
    return new DialFailure(address, words, { reason: "refused", cause });
  }
  return new DialFailure(address, lowerFirst(message), { reason: reasonOf(kind), cause });
}

/** Nothing came of it within the time we were ready to wait. */
export function rdmaTimeout(address: string, timeoutMs: number, what: string): DialFailure {
  const seconds = Math.round(timeoutMs / 100) / 10;
  return new DialFailure(address, `${what} within ${seconds} s`, { reason: "timeout" });
}

/** Why an open connection ended, or undefined where the peer left in good order. */
export function rdmaClosed(address: string, cause: Error | undefined): Error | undefined {
  if (cause === undefined || cause instanceof TransportClosedError) return cause;
  if (cause instanceof ProtocolError || cause instanceof WireFormatError) {
    const rule = `${address} broke a rule of SMB Direct: ${lowerFirst(cause.message)}`;
    return new TransportClosedError(rule, { cause });
  }
  const { kind } = cause as Partial<RdmaError> & Error;
  return new TransportClosedError(
    `The connection to ${address} broke: ${lowerFirst(cause.message)}`,
    { cause, reason: kind === "completion" ? "reset" : reasonOf(kind) },
  );
}

function reasonOf(kind: string | undefined): TransportFailureReason {
  if (kind === "unreachable" || kind === "address" || kind === "route") return "unreachable";
  return kind === "rejected" ? "refused" : "other";
}

/** A sentence inside another; names of the specification stay as they are. */
function lowerFirst(text: string): string {
  return /^(An?|The|No) /.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
