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
  /** Ctrl-C: 128 + SIGINT. */
  INTERRUPTED: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
