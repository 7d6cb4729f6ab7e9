import { SmbError } from "./errors.ts";
import { ntStatusName } from "./nt-status.ts";

/** What was asked for when a server answered with a status. */
export interface NtStatusContext {
  /** The command as the specification names it: `CREATE`. */
  readonly command?: string | undefined;
  /** The share-relative path, without a leading backslash. */
  readonly path?: string | undefined;
  /** See `NtStatusError.wasRepeated`. */
  readonly wasRepeated?: boolean | undefined;
  /** See `NtStatusError.mayBeDamage`. */
  readonly mayBeDamage?: boolean | undefined;
  /** Replaces the message that would be composed. */
  readonly message?: string | undefined;
  /** What it means here, and what helps, where more is known than the status says. */
  readonly explanation?: string | undefined;
  readonly cause?: unknown;
}

/** A server refused a request. `statusName` is what smbclient would print. */
export class NtStatusError extends SmbError {
  /** [MS-ERREF] 2.3.1, as an unsigned number. */
  readonly status: number;
  readonly statusName: string;
  readonly command?: string;
  readonly path?: string;
  /** It answers a request that was sent again: the first one may have been carried out. */
  readonly wasRepeated: boolean;
  /** What a server says of a request whose signature is wrong, too: it may be asked again. */
  readonly mayBeDamage: boolean;
  /** What it means here, and what helps; also the end of `message`. */
  readonly explanation?: string;

  constructor(status: number, context: NtStatusContext = {}) {
    const { command, path, explanation, cause } = context;
    const message = context.message ?? composeMessage(status, command, path);
    const options = cause === undefined ? undefined : { cause };
    const full = explanation === undefined ? message : `${message}: ${explanation}`;
    super("ERR_SMB_NT_STATUS", full, options);
    this.status = status >>> 0;
    this.statusName = ntStatusName(status);
    this.wasRepeated = context.wasRepeated === true;
    this.mayBeDamage = context.mayBeDamage === true;
    if (command !== undefined) this.command = command;
    if (path !== undefined) this.path = path;
    if (explanation !== undefined) this.explanation = explanation;
  }
}

/** `NT_STATUS_ACCESS_DENIED in CREATE of \dir\x`. */
function composeMessage(status: number, command?: string, path?: string): string {
  const inCommand = command === undefined ? "" : ` in ${command}`;
  const ofPath = path === undefined ? "" : ` of \\${path}`;
  return `${ntStatusName(status)}${inCommand}${ofPath}`;
}
