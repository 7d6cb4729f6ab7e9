/** The stable, documented codes of every error this library throws on purpose. */
export type SmbErrorCode =
  | "ERR_SMB_WIRE_FORMAT"
  | "ERR_SMB_PROTOCOL"
  | "ERR_SMB_NT_STATUS"
  | "ERR_SMB_AUTHENTICATION"
  | "ERR_SMB_TRANSPORT"
  | "ERR_SMB_TRANSPORT_CLOSED"
  | "ERR_SMB_TIMEOUT"
  | "ERR_SMB_DIAL"
  | "ERR_SMB_UNSUPPORTED"
  | "ERR_SMB_TRANSFER"
  | "ERR_SMB_DIRECTORY_ENTRY";

/**
 * The root of the error tree. Subclasses tell whose fault it was; `code` is stable across releases,
 * `message` is for people and may change.
 */
export class SmbError extends Error {
  readonly code: SmbErrorCode;

  constructor(code: SmbErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The peer sent bytes that are not what the specification allows; the connection is dropped. */
export class WireFormatError extends SmbError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("ERR_SMB_WIRE_FORMAT", message, options);
  }
}

/** The peer sent well-formed bytes that break a rule: a bad signature, a downgrade, a stray reply. */
export class ProtocolError extends SmbError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("ERR_SMB_PROTOCOL", message, options);
  }
}

/** Something that this build, this server or the agreed dialect cannot do. */
export class UnsupportedError extends SmbError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("ERR_SMB_UNSUPPORTED", message, options);
  }
}

/** A wire could not be opened, or broke. */
export class TransportError extends SmbError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("ERR_SMB_TRANSPORT", message, options);
  }
}

/** Why a wire could not be opened, or why it broke. */
export type TransportFailureReason =
  | "refused"
  | "timeout"
  | "unreachable"
  | "not-found"
  | "reset"
  /** The peer did not prove who it is: its certificate is not to be trusted. */
  | "certificate"
  /** The peer wants to know who we are, or does not accept it: a client certificate. */
  | "identity"
  /** What was set here cannot be used: a file of certificates, for example. */
  | "configuration"
  | "other";

/** What stood in the way, where a program may want to tell cases apart: stable words. */
export type DialProblem =
  // Of the peer's certificate.
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
  | "invalid"
  // Of ours.
  | "client-certificate-required"
  | "client-certificate-refused"
  | "key-passphrase"
  /** The peer answers, but not with SMB. */
  | "no-smb"
  /** Silence: a firewall may be in the way. */
  | "no-answer"
  /** The kernel's QUIC was demanded. */
  | "no-kernel-quic";

/** An address could not be reached. `message` is `address: words`; the system's error is the cause. */
export class DialFailure extends TransportError {
  readonly reason: TransportFailureReason;
  /** What could not be reached: `192.0.2.1:445`, or the name where it was not resolved. */
  readonly address: string;
  /** The failure without the address: `connection refused`. */
  readonly words: string;
  /** The NTSTATUS that smbclient prints for it: `NT_STATUS_CONNECTION_REFUSED`. */
  readonly ntStatusName: string;
  /** Empty where `reason` says it all. */
  readonly problems: readonly DialProblem[];

  constructor(
    address: string,
    words: string,
    details: {
      readonly reason: TransportFailureReason;
      readonly ntStatusName?: string;
      readonly problems?: readonly DialProblem[];
      readonly cause?: unknown;
    },
  ) {
    super(`${address}: ${words}`, { cause: details.cause });
    this.reason = details.reason;
    this.address = address;
    this.words = words;
    this.problems = details.problems ?? [];
    this.ntStatusName = details.ntStatusName ?? STATUS_OF_REASON[details.reason];
  }
}

const STATUS_OF_REASON: Readonly<Record<TransportFailureReason, string>> = {
  refused: "NT_STATUS_CONNECTION_REFUSED",
  timeout: "NT_STATUS_IO_TIMEOUT",
  unreachable: "NT_STATUS_HOST_UNREACHABLE",
  "not-found": "NT_STATUS_UNSUCCESSFUL",
  reset: "NT_STATUS_CONNECTION_RESET",
  certificate: "NT_STATUS_INVALID_PARAMETER",
  identity: "NT_STATUS_ACCESS_DENIED",
  configuration: "NT_STATUS_INVALID_PARAMETER_MIX",
  other: "NT_STATUS_UNSUCCESSFUL",
};

/** The wire is gone: by the peer, by a fault, or because we closed it. */
export class TransportClosedError extends SmbError {
  /** What broke it, where that is known: `reset` for a connection reset or a broken pipe. */
  readonly reason: TransportFailureReason | undefined;

  constructor(
    message: string,
    options?: { readonly cause?: unknown; readonly reason?: TransportFailureReason },
  ) {
    super("ERR_SMB_TRANSPORT_CLOSED", message, options);
    this.reason = options?.reason;
  }
}

/** The peer stayed silent for longer than the caller allows. */
export class TimeoutError extends SmbError {
  /** How long nothing was heard, in milliseconds. */
  readonly silentMs: number;

  constructor(message: string, silentMs: number) {
    super("ERR_SMB_TIMEOUT", message);
    this.silentMs = silentMs;
  }
}

/** A file could not be moved whole: it changed on the way, came up short, or has no safe name. */
export class TransferError extends SmbError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("ERR_SMB_TRANSFER", message, options);
  }
}
