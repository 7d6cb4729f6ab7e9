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
  | "ERR_SMB_TRANSFER";

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

/** The wire is gone: by the peer, by a fault, or because we closed it. */
export class TransportClosedError extends SmbError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super("ERR_SMB_TRANSPORT_CLOSED", message, options);
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
