import { NtStatus } from "./nt-status.ts";

/**
 * The session, the share, its volume or the server is gone: whatever is asked for next fails as well.
 * What smbd says of a single device node (NO_SUCH_DEVICE, DEVICE_DOES_NOT_EXIST) is not among them.
 */
export const GONE_STATUSES: readonly number[] = [
  NtStatus.USER_SESSION_DELETED,
  NtStatus.NETWORK_NAME_DELETED,
  NtStatus.SERVER_UNAVAILABLE,
  NtStatus.VOLUME_DISMOUNTED,
  NtStatus.DEVICE_NOT_READY,
  NtStatus.DEVICE_OFF_LINE,
  NtStatus.DEVICE_REMOVED,
  NtStatus.SYSTEM_SHUTDOWN,
  NtStatus.CONNECTION_DISCONNECTED,
  NtStatus.CONNECTION_RESET,
];

/** There is no room for data, of whichever file. */
export const FULL_STATUSES: readonly number[] = [NtStatus.DISK_FULL, NtStatus.DISK_QUOTA_EXCEEDED];

/**
 * The server has not carried the request out for want of something that it will have again in a
 * moment: the same request is worth another try.
 */
export const BUSY_STATUSES: readonly number[] = [
  NtStatus.INSUFF_SERVER_RESOURCES,
  // Of smbd: it has as many files open as it may.
  NtStatus.INSUFFICIENT_RESOURCES,
  NtStatus.TOO_MANY_OPENED_FILES,
  NtStatus.PIPE_NOT_AVAILABLE,
  NtStatus.NETWORK_BUSY,
  NtStatus.RETRY,
];
