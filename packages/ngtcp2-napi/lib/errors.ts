import type { NativeCloseReason, NativeVerification } from "./native.ts";

/** Why a connection or a stream ended. */
export type QuicErrorKind =
  /** CONNECTION_CLOSE with a transport error code ([RFC 9000] 20.1), TLS alerts among them. */
  | "transport"
  /** CONNECTION_CLOSE of the application, with its code and reason. */
  | "application"
  | "idle-timeout"
  | "handshake-timeout"
  /** The peer has lost its state: it was restarted. */
  | "stateless-reset"
  /** No QUIC version in common. */
  | "version-negotiation"
  /** The socket failed; `errno` has the system's name: ECONNREFUSED where nobody listens. */
  | "system"
  /** Given up by ourselves without a word to the peer. */
  | "destroyed"
  /** The peer reset the stream or asked to stop sending on it. */
  | "stream";

/** What was wrong with a certificate; several may be. */
export type VerificationFlag =
  | "revoked"
  | "unknown-issuer"
  | "issuer-not-ca"
  | "insecure-algorithm"
  | "not-yet-valid"
  | "expired"
  | "bad-signature"
  | "revocation-list-outdated"
  | "name-mismatch"
  | "revocation-list-in-future"
  | "issuer-constraints"
  | "purpose-mismatch"
  | "unknown-critical-extension"
  | "missing"
  | "invalid";

/** What was found about the peer's certificate. */
export interface Verification {
  /** False where the peer showed none (a resumed session, a client without). */
  readonly isDone: boolean;
  /** True where everything that was asked to be checked is right. */
  readonly isAccepted: boolean;
  /** What is wrong, also where `verify: "none"` let it pass. Empty: nothing. */
  readonly flags: readonly VerificationFlag[];
  /** The sentence of GnuTLS. */
  readonly text: string;
  /** DER, the peer's own certificate first. `new X509Certificate(chain[0])` of node:crypto reads it. */
  readonly chain: readonly Uint8Array[];
}

/** gnutls_certificate_status_t. */
const STATUS_BITS: readonly (readonly [bit: number, flag: VerificationFlag])[] = [
  [5, "revoked"],
  [6, "unknown-issuer"],
  [7, "issuer-not-ca"],
  [8, "insecure-algorithm"],
  [9, "not-yet-valid"],
  [10, "expired"],
  [11, "bad-signature"],
  [12, "revocation-list-outdated"],
  [14, "name-mismatch"],
  [15, "revocation-list-in-future"],
  [16, "issuer-constraints"],
  [18, "purpose-mismatch"],
  [21, "unknown-critical-extension"],
];

const KINDS: readonly QuicErrorKind[] = [
  "destroyed",
  "transport",
  "application",
  "idle-timeout",
  "handshake-timeout",
  "stateless-reset",
  "version-negotiation",
  "system",
  "destroyed",
];

/** The range of CRYPTO_ERROR: 0x100 + the TLS alert ([RFC 9001] 4.8). */
const CRYPTO_ERROR = 0x100;

/** [RFC 9000] 20.1. */
const TRANSPORT_ERRORS: readonly string[] = [
  "no error",
  "internal error",
  "connection refused",
  "flow control error",
  "stream limit error",
  "stream state error",
  "final size error",
  "frame encoding error",
  "transport parameter error",
  "connection id limit error",
  "protocol violation",
  "invalid token",
  "application error",
  "crypto buffer exceeded",
  "key update error",
  "AEAD limit reached",
  "no viable path",
];

/** TLS alerts that are seen in practice ([RFC 8446] 6). */
const ALERTS: Readonly<Record<number, string>> = {
  10: "unexpected message",
  40: "handshake failure",
  42: "bad certificate",
  43: "unsupported certificate",
  44: "certificate revoked",
  45: "certificate expired or not yet valid",
  46: "certificate not accepted",
  47: "illegal parameter",
  48: "unknown certificate authority",
  49: "access denied",
  50: "decode error",
  51: "decrypt error",
  70: "protocol version",
  71: "insufficient security",
  80: "internal error",
  86: "inappropriate fallback",
  90: "user canceled",
  109: "missing extension",
  110: "unsupported extension",
  112: "unrecognized name",
  113: "bad certificate status",
  115: "unknown PSK identity",
  116: "certificate required",
  120: "no application protocol in common",
};

/** The end of a connection or stream that was not wanted. */
export class QuicError extends Error {
  /** `ERR_QUIC_` and the kind. */
  readonly code: string;
  readonly kind: QuicErrorKind;
  /** The code of CONNECTION_CLOSE, RESET_STREAM or STOP_SENDING. */
  readonly errorCode: number;
  /** The TLS alert inside of a CRYPTO_ERROR. */
  readonly tlsAlert: number | undefined;
  /** The peer's words. */
  readonly reason: string;
  /** Whether the peer said it, or we found it. */
  readonly isRemote: boolean;
  /** The system's number, of kind "system": positive. */
  readonly errno: number | undefined;
  /** About the peer's certificate, where one was seen. */
  readonly verification: Verification | undefined;

  constructor(
    message: string,
    details: {
      readonly kind: QuicErrorKind;
      readonly errorCode?: number;
      readonly reason?: string;
      readonly isRemote?: boolean;
      readonly errno?: number | undefined;
      readonly verification?: Verification | undefined;
    },
  ) {
    super(message);
    this.name = "QuicError";
    this.kind = details.kind;
    this.code = `ERR_QUIC_${details.kind.toUpperCase().replace("-", "_")}`;
    this.errorCode = details.errorCode ?? 0;
    this.tlsAlert = details.kind === "transport" ? alertOf(this.errorCode) : undefined;
    this.reason = details.reason ?? "";
    this.isRemote = details.isRemote ?? false;
    this.errno = details.errno;
    this.verification = details.verification;
  }
}

/** The TLS alert inside of a transport error code, or undefined. */
export function alertOf(errorCode: number): number | undefined {
  return errorCode >= CRYPTO_ERROR && errorCode < 2 * CRYPTO_ERROR
    ? errorCode - CRYPTO_ERROR
    : undefined;
}

/** `certificate expired`: a TLS alert in words. */
export function alertName(alert: number): string {
  return ALERTS[alert] ?? `alert ${alert}`;
}

/** The result of a verification as the addon gives it, in names. */
export function readVerification(native: NativeVerification): Verification {
  const flags = STATUS_BITS.filter(([bit]) => (native.status & (1 << bit)) !== 0).map(
    ([, flag]) => flag,
  );
  if (flags.length === 0 && native.done && !native.accepted) {
    flags.push(native.chain.length === 0 ? "missing" : "invalid");
  }
  return {
    isDone: native.done,
    isAccepted: native.accepted,
    flags,
    text: native.text,
    chain: native.chain,
  };
}

/** The error of an ended connection. */
export function closeError(
  native: NativeCloseReason,
  verification: Verification | undefined,
): QuicError {
  const kind = KINDS[native.kind] ?? "destroyed";
  return new QuicError(describe(kind, native), {
    kind,
    errorCode: kind === "system" ? 0 : native.code,
    reason: native.reason,
    isRemote: native.isRemote,
    errno: kind === "system" ? native.code : undefined,
    verification,
  });
}

function describe(kind: QuicErrorKind, { code, isRemote, reason }: NativeCloseReason): string {
  const who = isRemote ? "The peer" : "We";
  const words = reason === "" ? "" : ` (${reason})`;
  switch (kind) {
    case "transport": {
      const alert = alertOf(code);
      const name = alert === undefined ? TRANSPORT_ERRORS[code] : alertName(alert);
      return `${who} closed the connection: ${name ?? `error 0x${code.toString(16)}`}${words}`;
    }
    case "application":
      return `${who} closed the connection with code ${code}${words}`;
    case "idle-timeout":
      return "The connection was idle for too long";
    case "handshake-timeout":
      return "No answer in time";
    case "stateless-reset":
      return "The peer knows nothing of the connection any more";
    case "version-negotiation":
      return "The peer speaks no QUIC version that we know";
    case "system":
      return `The socket failed with error ${code}`;
    default:
      return "The connection was given up";
  }
}
