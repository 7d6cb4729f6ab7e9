import { SmbError } from "../errors.ts";
import { ntStatusName } from "../nt-status.ts";
import type { FileTime } from "../wire/file-time.ts";

/** The logon failed: refused by the server, or by us because the server offers too little. */
export class AuthenticationError extends SmbError {
  /** The server's answer, where there was one ([MS-ERREF] 2.3.1). */
  readonly status?: number;
  /** The answer's name as smbclient prints it: `NT_STATUS_LOGON_FAILURE`. */
  readonly statusName?: string;
  /** The server would have let us in as a guest. */
  readonly offersGuest: boolean;

  constructor(
    message: string,
    options: {
      readonly status?: number;
      readonly cause?: unknown;
      readonly offersGuest?: boolean;
    } = {},
  ) {
    const { status, cause, offersGuest = false } = options;
    super("ERR_SMB_AUTHENTICATION", message, cause === undefined ? undefined : { cause });
    this.offersGuest = offersGuest;
    if (status !== undefined) {
      this.status = status >>> 0;
      this.statusName = ntStatusName(status);
    }
  }
}

/** What is known about a logon that the server refused. */
export interface RefusedLogon {
  /** Who wanted to log on, as shown to a person: `DOMAIN\user`; empty for an anonymous logon. */
  readonly user: string;
  /** The server's clock and ours, at the same moment, where both are known. */
  readonly serverTime?: FileTime | undefined;
  readonly now?: FileTime | undefined;
}

/** `user` is empty for an anonymous logon, `skew` where the clocks agree. */
type Sentence = (user: string, skew: string) => string;

const CHANGE_IT = "set a new one on a computer of the domain, or ask the administrator";
const NO_NTLM =
  "The server refuses NTLM, the only method tried; it wants Kerberos. Use the server's full name rather than an address, or ask the administrator to allow NTLM for this account";
const NO_ANONYMOUS =
  "The server does not allow an anonymous logon: give a user name and a password";
const BROKEN_TRUST =
  "The server cannot check passwords with its domain: the trust between them is broken. Only the administrator can repair it; a local account of the server may still work";
const NO_CONTROLLER =
  "The server finds no domain controller to check the password with. Try again later, or log on with a local account of the server";

/** By the name of the status, without `NT_STATUS_`. */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  LOGON_FAILURE: wrongCredentials,
  WRONG_PASSWORD: (user) => `The password of ${user} is wrong`,
  NO_SUCH_USER: (user) => `The server knows no user ${user}: check the name and the domain`,
  NO_SUCH_DOMAIN: (user) => `The server knows no such domain: check the name ${user}`,
  PASSWORD_EXPIRED: (user) => `The password of ${user} has expired: ${CHANGE_IT}`,
  PASSWORD_MUST_CHANGE: (user) =>
    `The password of ${user} must be changed before the first logon: ${CHANGE_IT}`,
  ACCOUNT_EXPIRED: (user) => `The account ${user} has expired: ask the administrator to extend it`,
  ACCOUNT_DISABLED: (user) => `The account ${user} is disabled: ask the administrator to enable it`,
  ACCOUNT_LOCKED_OUT: (user) =>
    `The account ${user} is locked after too many wrong passwords: wait for the lock to end, or ask the administrator to unlock it`,
  ACCOUNT_RESTRICTION: (user) =>
    `The account ${user} may not log on this way: an empty password is refused over the network, and so are accounts that policy keeps from NTLM. Set a password, or ask the administrator`,
  INVALID_LOGON_HOURS: (user) =>
    `The account ${user} may not log on at this time of day: try again within its logon hours`,
  INVALID_WORKSTATION: (user) =>
    `The account ${user} may not log on from this computer: use one that it is allowed on, or give that one's name as our NetBIOS name`,
  LOGON_TYPE_NOT_GRANTED: (user) =>
    `The account ${user} may not log on to this server over the network: ask the administrator for the right "Access this computer from the network"`,
  TIME_DIFFERENCE_AT_DC: (_user, skew) =>
    `The clocks of the client and of the server are too far apart${skew === "" ? "" : ` (${skew})`}: set the clock that is wrong`,
  NTLM_BLOCKED: () => NO_NTLM,
  NOT_SUPPORTED: () => NO_NTLM,
  NO_LOGON_SERVERS: () => NO_CONTROLLER,
  DOMAIN_CONTROLLER_NOT_FOUND: () => NO_CONTROLLER,
  NETLOGON_NOT_STARTED: () =>
    "The server's logon service is not running yet: try again in a minute",
  TRUSTED_RELATIONSHIP_FAILURE: () => BROKEN_TRUST,
  TRUSTED_DOMAIN_FAILURE: () => BROKEN_TRUST,
  TRUST_FAILURE: () => BROKEN_TRUST,
  NO_TRUST_SAM_ACCOUNT: () => BROKEN_TRUST,
  NO_TRUST_LSA_SECRET: () => BROKEN_TRUST,
  DOMAIN_TRUST_INCONSISTENT: () => BROKEN_TRUST,
  NOLOGON_WORKSTATION_TRUST_ACCOUNT: machineAccount,
  NOLOGON_SERVER_TRUST_ACCOUNT: machineAccount,
  NOLOGON_INTERDOMAIN_TRUST_ACCOUNT: machineAccount,
  AUTHENTICATION_FIREWALL_FAILED: (user) =>
    `The trust between the domains is selective and does not let ${user} use this server: ask the administrator for the right "Allowed to authenticate"`,
  SMARTCARD_LOGON_REQUIRED: (user) =>
    `The account ${user} may log on with a smart card only: use another account`,
  SMB_GUEST_LOGON_BLOCKED: () =>
    "The server offers guest access only, and that is not accepted: give a user name and a password",
  DOWNGRADE_DETECTED: () =>
    "The server found that something between us weakened the logon: try again over a network that you trust",
  ACCESS_DENIED: (user) =>
    user === ""
      ? NO_ANONYMOUS
      : `The server refuses the logon of ${user} before looking at the password: it may demand signing or encryption, forbid guests, or not allow this account in`,
  REQUEST_NOT_ACCEPTED: tooMany,
  TOO_MANY_SESSIONS: tooMany,
  INSUFF_SERVER_RESOURCES: tooMany,
};

function wrongCredentials(user: string, skew: string): string {
  if (user === "") return NO_ANONYMOUS;
  const wrong = `The user name or the password is wrong (tried as ${user}, with NTLMv2)`;
  return skew === "" ? wrong : `${wrong}; also, ${skew}, and then a correct password fails too`;
}

function machineAccount(user: string): string {
  return `${user} is the account of a computer or of a trust, not of a person: use a user's account`;
}

function tooMany(): string {
  return "The server has no room for another session: try again later, or ask the administrator to raise the limit";
}

/** Below this a difference of the clocks harms nobody. */
const TOLERATED_SKEW_SECONDS = 300;

/** The refusal of a SESSION_SETUP, in a sentence that says what to do about it. */
export function authenticationErrorFromStatus(
  status: number,
  context: RefusedLogon,
): AuthenticationError {
  const statusName = ntStatusName(status);
  const sentence = SENTENCES[statusName.replace("NT_STATUS_", "")];
  const message =
    sentence?.(context.user, skewOf(context)) ?? `The server refused the logon with ${statusName}`;
  return new AuthenticationError(message, { status });
}

/** `our clock is 12 min behind the server's`, or nothing where that does not matter. */
function skewOf({ serverTime, now }: RefusedLogon): string {
  if (serverTime === undefined || now === undefined || serverTime === 0n) return "";
  const seconds = Math.round(Number(now - serverTime) / 10_000_000);
  const distance = Math.abs(seconds);
  if (distance <= TOLERATED_SKEW_SECONDS) return "";
  return `our clock is ${spanOf(distance)} ${seconds < 0 ? "behind" : "ahead of"} the server's`;
}

function spanOf(seconds: number): string {
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
