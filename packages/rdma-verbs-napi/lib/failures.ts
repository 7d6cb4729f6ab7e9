import { completionError } from "./completions.ts";
import { RdmaError, type RdmaErrorKind } from "./errors.ts";
import { FAILURE_KINDS, type NativeFailure } from "./native.ts";

/** What the peer's side said by refusing: rdma_cm's numbers, of InfiniBand and of iWARP. */
const REJECT_REASONS: Readonly<Record<number, string>> = {
  1: "it has no queue pair left",
  2: "it has no end-to-end context left",
  3: "it has no resources left",
  4: "time-out",
  5: "unsupported request",
  8: "nobody listens there",
  10: "stale connection",
  12: "invalid GID",
  28: "its application refused",
  104: "connection reset",
  111: "nobody listens there",
};

const SENTENCES: Readonly<Record<string, string>> = {
  address: "No RDMA device leads there",
  route: "The RDMA device knows no way there",
  unreachable: "The peer does not answer RDMA connection requests",
  connect: "The RDMA connection could not be made",
  device: "The RDMA device failed or was removed",
  system: "An RDMA system call failed",
};

/** A failure as the addon tells it: a kind of `FAILURE_KINDS` and a number. */
export function failure(kind: number, code: number, privateData?: Uint8Array): RdmaError {
  const name: RdmaErrorKind = FAILURE_KINDS[kind] ?? "system";
  if (name === "completion") return completionError(code >> 8, code & 0xff);
  if (name === "rejected") {
    const words = REJECT_REASONS[code] ?? `reason ${code}`;
    return new RdmaError(`The peer refused the RDMA connection: ${words}`, {
      ...{ kind: name, reason: code, privateData },
    });
  }
  const sentence = SENTENCES[name] ?? "RDMA failed";
  const number = code === 0 ? "" : ` (${systemName(code)})`;
  return new RdmaError(`${sentence}${number}`, { kind: name, errno: code || undefined });
}

/** Calls the addon; what it throws becomes an RdmaError. */
export function calling<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw toRdmaError(error);
  }
}

function toRdmaError(cause: unknown): unknown {
  const { kind, errno, message } = cause as NativeFailure;
  if (kind === undefined) return cause;
  const words = errno === undefined ? message : `${message} (${systemName(errno)})`;
  return new RdmaError(words, { kind: kind as RdmaErrorKind, errno, cause });
}

/** Those that are met with RDMA; the others by number. */
const SYSTEM_NAMES: Readonly<Record<number, string>> = {
  1: "EPERM",
  2: "ENOENT",
  5: "EIO",
  11: "EAGAIN",
  12: "ENOMEM",
  13: "EACCES",
  14: "EFAULT",
  16: "EBUSY",
  19: "ENODEV",
  22: "EINVAL",
  24: "EMFILE",
  95: "EOPNOTSUPP",
  98: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
  101: "ENETUNREACH",
  103: "ECONNABORTED",
  104: "ECONNRESET",
  110: "ETIMEDOUT",
  111: "ECONNREFUSED",
  113: "EHOSTUNREACH",
};

function systemName(errno: number): string {
  return SYSTEM_NAMES[errno] ?? `errno ${errno}`;
}
