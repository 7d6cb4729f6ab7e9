/** The exit statuses of smbx. Documented in man/smbx.1; never renumbered. */
export const ExitCode = {
  OK: 0,
  /** A command failed in a way that has no class of its own. */
  FAILURE: 1,
  /** Wrong options, arguments or command names. */
  USAGE: 2,
  /** The server could not be reached, or the connection broke or timed out. */
  NETWORK: 3,
  /** The logon failed. */
  AUTHENTICATION: 4,
  /** No such file, directory or share. */
  NOT_FOUND: 5,
  /** The server denies it. */
  DENIED: 6,
  /** A file was not transferred whole. */
  TRANSFER: 7,
  /** The server's certificate is not to be trusted. */
  CERTIFICATE: 8,
  /** Ctrl-C: 128 + SIGINT. */
  INTERRUPTED: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

// ERR_SMB_UNSUPPORTED is missing on purpose: what it is about is told by its cause, if anything.
// By the stable codes of errors rather than by their classes: this file is loaded by every run, the
// protocol only by those that need it.
const BY_CODE: Readonly<Record<string, ExitCode>> = {
  ERR_SMB_WIRE_FORMAT: ExitCode.NETWORK,
  ERR_SMB_PROTOCOL: ExitCode.NETWORK,
  ERR_SMB_AUTHENTICATION: ExitCode.AUTHENTICATION,
  ERR_SMB_TRANSPORT: ExitCode.NETWORK,
  ERR_SMB_TRANSPORT_CLOSED: ExitCode.NETWORK,
  ERR_SMB_TIMEOUT: ExitCode.NETWORK,
  ERR_SMB_DIAL: ExitCode.NETWORK,
  ERR_SMB_TRANSFER: ExitCode.TRANSFER,
  // Of the local system.
  ENOENT: ExitCode.NOT_FOUND,
  ENOTDIR: ExitCode.NOT_FOUND,
  EACCES: ExitCode.DENIED,
  EPERM: ExitCode.DENIED,
  EROFS: ExitCode.DENIED,
  ENOSPC: ExitCode.TRANSFER,
  EDQUOT: ExitCode.TRANSFER,
  EFBIG: ExitCode.TRANSFER,
  ABORT_ERR: ExitCode.INTERRUPTED,
};

// Of wires that could not be opened, by `TransportFailureReason`; the others are of the network.
const BY_REASON: readonly (readonly [reason: string, code: ExitCode])[] = [
  ["certificate", ExitCode.CERTIFICATE],
  ["identity", ExitCode.AUTHENTICATION],
  ["configuration", ExitCode.USAGE],
];

// [MS-ERREF] 2.3.1, by name so that the table reads like the message the user sees.
const BY_STATUS_NAME: Readonly<Record<string, ExitCode>> = {
  NT_STATUS_NO_SUCH_FILE: ExitCode.NOT_FOUND,
  NT_STATUS_OBJECT_NAME_NOT_FOUND: ExitCode.NOT_FOUND,
  NT_STATUS_OBJECT_PATH_NOT_FOUND: ExitCode.NOT_FOUND,
  NT_STATUS_OBJECT_PATH_SYNTAX_BAD: ExitCode.NOT_FOUND,
  NT_STATUS_OBJECT_NAME_INVALID: ExitCode.NOT_FOUND,
  NT_STATUS_NOT_A_DIRECTORY: ExitCode.NOT_FOUND,
  NT_STATUS_NOT_FOUND: ExitCode.NOT_FOUND,
  NT_STATUS_BAD_NETWORK_NAME: ExitCode.NOT_FOUND,
  NT_STATUS_BAD_NETWORK_PATH: ExitCode.NOT_FOUND,
  NT_STATUS_ACCESS_DENIED: ExitCode.DENIED,
  NT_STATUS_NETWORK_ACCESS_DENIED: ExitCode.DENIED,
  NT_STATUS_CANNOT_DELETE: ExitCode.DENIED,
  NT_STATUS_PRIVILEGE_NOT_HELD: ExitCode.DENIED,
  NT_STATUS_MEDIA_WRITE_PROTECTED: ExitCode.DENIED,
  NT_STATUS_SHARING_VIOLATION: ExitCode.DENIED,
  NT_STATUS_LOGON_FAILURE: ExitCode.AUTHENTICATION,
  NT_STATUS_WRONG_PASSWORD: ExitCode.AUTHENTICATION,
  NT_STATUS_NO_SUCH_USER: ExitCode.AUTHENTICATION,
  NT_STATUS_ACCOUNT_DISABLED: ExitCode.AUTHENTICATION,
  NT_STATUS_ACCOUNT_EXPIRED: ExitCode.AUTHENTICATION,
  NT_STATUS_ACCOUNT_LOCKED_OUT: ExitCode.AUTHENTICATION,
  NT_STATUS_ACCOUNT_RESTRICTION: ExitCode.AUTHENTICATION,
  NT_STATUS_INVALID_LOGON_HOURS: ExitCode.AUTHENTICATION,
  NT_STATUS_INVALID_WORKSTATION: ExitCode.AUTHENTICATION,
  NT_STATUS_LOGON_TYPE_NOT_GRANTED: ExitCode.AUTHENTICATION,
  NT_STATUS_PASSWORD_EXPIRED: ExitCode.AUTHENTICATION,
  NT_STATUS_PASSWORD_MUST_CHANGE: ExitCode.AUTHENTICATION,
  NT_STATUS_NTLM_BLOCKED: ExitCode.AUTHENTICATION,
  NT_STATUS_USER_SESSION_DELETED: ExitCode.NETWORK,
  NT_STATUS_NETWORK_NAME_DELETED: ExitCode.NETWORK,
  NT_STATUS_NETWORK_SESSION_EXPIRED: ExitCode.AUTHENTICATION,
  NT_STATUS_SERVER_UNAVAILABLE: ExitCode.NETWORK,
  NT_STATUS_VOLUME_DISMOUNTED: ExitCode.NETWORK,
  NT_STATUS_DEVICE_NOT_READY: ExitCode.NETWORK,
  NT_STATUS_DEVICE_OFF_LINE: ExitCode.NETWORK,
  NT_STATUS_DEVICE_REMOVED: ExitCode.NETWORK,
  NT_STATUS_SYSTEM_SHUTDOWN: ExitCode.NETWORK,
  NT_STATUS_CONNECTION_DISCONNECTED: ExitCode.NETWORK,
  NT_STATUS_CONNECTION_RESET: ExitCode.NETWORK,
  NT_STATUS_IO_TIMEOUT: ExitCode.NETWORK,
  NT_STATUS_DISK_FULL: ExitCode.TRANSFER,
  NT_STATUS_DISK_QUOTA_EXCEEDED: ExitCode.TRANSFER,
  NT_STATUS_FILE_TOO_LARGE: ExitCode.TRANSFER,
  NT_STATUS_INSUFFICIENT_RESOURCES: ExitCode.FAILURE,
};

/**
 * The class of an error. An error that says nothing about itself (a command's sentence around the
 * protocol's answer) has the class of its cause.
 */
export function exitCodeFor(error: unknown): ExitCode {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const code = ownExitCode(at);
    if (code !== undefined) return code;
  }
  return error === undefined ? ExitCode.OK : ExitCode.FAILURE;
}

function ownExitCode(error: Error): ExitCode | undefined {
  if (error.name === "UsageError") return ExitCode.USAGE;
  if (error.name === "AbortError") return ExitCode.INTERRUPTED;
  const { statusName, code } = error as { statusName?: unknown; code?: unknown };
  const byCode = typeof code === "string" ? BY_CODE[code] : undefined;
  if (code === "ERR_SMB_AUTHENTICATION") return byCode;
  if (byCode === ExitCode.NETWORK) return ofWire(error) ?? byCode;
  const byStatus = typeof statusName === "string" ? BY_STATUS_NAME[statusName] : undefined;
  return byStatus ?? byCode;
}

/**
 * What somebody must mend counts more than a wire that was merely silent: where TCP is blocked and
 * QUIC has the wrong certificate, the certificate is what it takes.
 */
function ofWire(error: Error): ExitCode | undefined {
  const { reason, attempts } = error as { reason?: unknown; attempts?: unknown };
  const failures: readonly unknown[] = Array.isArray(attempts) ? attempts : [];
  const reasons = failures.map(
    (attempt) => (attempt as { error?: { reason?: unknown } }).error?.reason,
  );
  return BY_REASON.find(([each]) => each === reason || reasons.includes(each))?.[1];
}
