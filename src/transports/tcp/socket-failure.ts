import {
  DialFailure,
  TransportClosedError,
  type TransportFailureReason,
} from "../../core/errors.ts";

interface Meaning {
  readonly reason: TransportFailureReason;
  readonly words: string;
  readonly ntStatusName?: string;
}

/** What the system's error codes mean to a person, and which NTSTATUS smbclient makes of them. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: { reason: "refused", words: "connection refused, nothing listens there" },
  ETIMEDOUT: { reason: "timeout", words: "no answer" },
  EHOSTUNREACH: { reason: "unreachable", words: "host unreachable" },
  EHOSTDOWN: { reason: "unreachable", words: "host down" },
  ENETUNREACH: {
    reason: "unreachable",
    words: "network unreachable",
    ntStatusName: "NT_STATUS_NETWORK_UNREACHABLE",
  },
  ENETDOWN: {
    reason: "unreachable",
    words: "network down",
    ntStatusName: "NT_STATUS_NETWORK_UNREACHABLE",
  },
  EADDRNOTAVAIL: { reason: "unreachable", words: "no local address can reach it" },
  EINVAL: { reason: "unreachable", words: "not an address that can be reached from here" },
  ECONNRESET: { reason: "reset", words: "connection reset" },
  EPIPE: { reason: "reset", words: "broken pipe" },
  EACCES: {
    reason: "other",
    words: "this system forbids the connection",
    ntStatusName: "NT_STATUS_ACCESS_DENIED",
  },
  EPERM: {
    reason: "other",
    words: "this system forbids the connection",
    ntStatusName: "NT_STATUS_ACCESS_DENIED",
  },
  ENOTFOUND: { reason: "not-found", words: "name not found" },
  EAI_AGAIN: { reason: "not-found", words: "the name service does not answer" },
};

/** Why `address` could not be reached, from the system's error. */
export function dialFailure(address: string, cause: unknown): DialFailure {
  if (cause instanceof DialFailure) return cause;
  const meaning = meaningOf(cause);
  return new DialFailure(address, meaning.words, { ...meaning, cause });
}

/** `address` stayed silent for as long as we were ready to wait. */
export function dialTimeout(address: string, timeoutMs: number, what = "no answer"): DialFailure {
  const seconds = Math.round(timeoutMs / 100) / 10;
  return new DialFailure(address, `${what} within ${seconds} s`, { reason: "timeout" });
}

/** Why an open wire broke, from the system's error. */
export function closedBySystem(address: string, cause: unknown): TransportClosedError {
  const { reason, words } = meaningOf(cause);
  return new TransportClosedError(`The connection to ${address} broke: ${words}`, {
    cause,
    reason,
  });
}

function meaningOf(cause: unknown): Meaning {
  const { code, message } = cause as { code?: string; message?: string };
  const known = code === undefined ? undefined : MEANINGS[code];
  return known ?? { reason: "other", words: message ?? String(cause) };
}
