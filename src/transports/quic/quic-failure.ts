import { X509Certificate } from "node:crypto";
import type { QuicError, Verification, VerificationFlag } from "ngtcp2-napi";
import {
  DialFailure,
  TransportClosedError,
  type TransportFailureReason,
} from "../../core/errors.ts";

/** TLS alerts with which a server refuses us ([RFC 8446] 6.2, [MS-SMB2] 3.3.5.1). */
const REFUSALS: Readonly<Record<number, string>> = {
  42: "the server refuses the client certificate: it cannot be verified",
  43: "the server refuses the client certificate: its kind is not supported",
  44: "the server refuses the client certificate: it is revoked",
  45: "the server refuses the client certificate: it is expired or not yet valid",
  46: "the server refuses the client certificate",
  47: "the server found a handshake parameter wrong",
  48: "the server does not know the issuer of the client certificate",
  49: "the server denies access: the client certificate is not on its list",
  80: "the server failed to check the client certificate",
  116: "the server requires a client certificate",
  120: "the server speaks QUIC, but not SMB",
};

/** Why `address` could not be reached over QUIC, for a server that should be called `name`. */
export function quicDialFailure(address: string, name: string, cause: unknown): DialFailure {
  if (cause instanceof DialFailure) return cause;
  const error = cause as QuicError;
  if (error.kind === undefined) {
    return new DialFailure(address, (cause as Error).message, { reason: "other", cause });
  }
  return new DialFailure(address, describe(error, name), { reason: reasonOf(error), cause });
}

/** Why an open connection broke, or undefined where the peer left in good order. */
export function quicClosed(address: string, error: QuicError | undefined): Error | undefined {
  if (error === undefined) return undefined;
  return new TransportClosedError(`The connection to ${address} broke: ${describe(error, "")}`, {
    cause: error,
    reason: reasonOf(error),
  });
}

function reasonOf({ kind, errno }: QuicError): TransportFailureReason {
  if (kind === "system") return errno === ECONNREFUSED ? "refused" : "unreachable";
  if (kind === "handshake-timeout" || kind === "idle-timeout") return "timeout";
  return kind === "stateless-reset" ? "reset" : "other";
}

const ECONNREFUSED = 111;

function describe(error: QuicError, name: string): string {
  if (error.kind === "system" && error.errno === ECONNREFUSED) {
    return "connection refused, nothing listens on this UDP port";
  }
  if (error.kind === "handshake-timeout") return "no answer; UDP may be blocked on the way";
  if (error.tlsAlert === undefined) return lowerFirst(error.message);
  if (error.isRemote) return REFUSALS[error.tlsAlert] ?? lowerFirst(error.message);
  const { verification } = error;
  return verification === undefined || verification.flags.length === 0
    ? lowerFirst(error.message)
    : `the server's certificate ${explain(verification, name)}`;
}

/** What is wrong with a certificate, in words. */
export function explain(verification: Verification, name: string): string {
  const [der] = verification.chain;
  if (der === undefined) return "is missing";
  const certificate = new X509Certificate(der);
  return verification.flags.map((flag) => WORDS[flag]?.(certificate, name) ?? flag).join(", and ");
}

type Words = (certificate: X509Certificate, name: string) => string;

const WORDS: Partial<Record<VerificationFlag, Words>> = {
  expired: ({ validTo }) => `expired on ${validTo}`,
  "not-yet-valid": ({ validFrom }) => `is not valid before ${validFrom}`,
  "name-mismatch": (certificate, name) => `is not for ${name}, but for ${namesOf(certificate)}`,
  "unknown-issuer": ({ issuer, subject }) =>
    issuer === subject
      ? "is self-signed and not trusted"
      : `was issued by ${oneLine(issuer)}, which is not trusted`,
  "issuer-not-ca": ({ issuer }) => `was issued by ${oneLine(issuer)}, which is no CA`,
  "issuer-constraints": ({ issuer }) =>
    `was issued by ${oneLine(issuer)}, which may not issue for this name`,
  revoked: () => "is revoked",
  "purpose-mismatch": () => "is not meant for servers (its key usage lacks serverAuth)",
  "insecure-algorithm": () => "is signed with an algorithm that is no longer secure",
  "bad-signature": () => "has a signature that does not match",
  "revocation-list-outdated": () => "cannot be checked: the revocation list is out of date",
  "revocation-list-in-future": () => "cannot be checked: the revocation list is not yet valid",
};

function namesOf({ subjectAltName }: X509Certificate): string {
  return subjectAltName === undefined
    ? "no name at all (it has no subjectAltName)"
    : subjectAltName.replaceAll(/DNS:|IP Address:/g, "");
}

function oneLine(name: string): string {
  return name.replaceAll("\n", ", ");
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
