import { AuthenticationError } from "./auth/authentication-error.ts";
import { createNtlmMechanism } from "./auth/ntlmssp/mechanism.ts";
import { SpnegoExchange } from "./auth/spnego.ts";
import type { Connection } from "./connection/connection.ts";
import { Session } from "./session/session.ts";
import type { Protection } from "./session/session-protection.ts";
import { isUpperCaseDisputed } from "./wire/upper-case.ts";

/** Who logs on. The password or hash stays in memory as long as the client, for re-authentication. */
export interface Credentials {
  readonly kind: "password" | "anonymous" | "guest";
  readonly username: string;
  /** Empty to let the server decide. */
  readonly domain: string;
  readonly password?: string | undefined;
  /** MD4 of the password, 16 bytes: instead of it. */
  readonly ntHash?: Uint8Array | undefined;
}

/** What a logon needs besides a connection. */
export interface LogOnOptions {
  readonly credentials: Credentials;
  /** `auto` where not given. */
  readonly protection?: Protection | undefined;
  /** Our name in NTLM messages. */
  readonly workstation?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Without a name the logon would be anonymous, and the password be of no use: nobody means that.
 *
 * @throws {AuthenticationError}
 */
export function refuseNamelessPassword(credentials: Credentials): void {
  const { kind, username, password, ntHash } = credentials;
  const hasName = kind !== "anonymous" && username !== "";
  const hasSecret = (password ?? "") !== "" || ntHash !== undefined;
  if (hasName || (kind !== "password" && !hasSecret)) return;
  throw new AuthenticationError(
    "The user name is missing: a password needs one, and an anonymous logon has neither",
  );
}

/**
 * Sets up a session on `connection`. A name of which Windows and Samba make different upper cases is
 * tried a second time with the other one where the server says that the password is wrong; no other
 * name, for every failure may count towards a lockout.
 *
 * @throws as `Session.setUp`
 */
export async function logOn(
  connection: Connection,
  host: string,
  options: LogOnOptions,
): Promise<Session> {
  try {
    return await setUpSession(connection, host, options, false);
  } catch (error) {
    if (!isRefused(error) || !isUpperCaseDisputed(options.credentials.username)) throw error;
    return setUpSession(connection, host, options, true);
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof AuthenticationError && error.statusName === "NT_STATUS_LOGON_FAILURE";
}

function setUpSession(
  connection: Connection,
  host: string,
  options: LogOnOptions,
  usesOtherCaseTable: boolean,
): Promise<Session> {
  const { kind, username, domain, password = "", ntHash } = options.credentials;
  const isAnonymous = kind === "anonymous";
  return Session.setUp(connection, {
    kind,
    user: isAnonymous ? "" : domain === "" ? username : `${domain}\\${username}`,
    protection: options.protection ?? "auto",
    signal: options.signal,
    authenticate: () =>
      new SpnegoExchange([
        createNtlmMechanism({
          username: isAnonymous ? "" : username,
          domain: isAnonymous ? "" : domain,
          ...(ntHash === undefined ? { password } : { ntHash }),
          usesOtherCaseTable,
          workstation: options.workstation ?? "SMBX",
          targetName: `cifs/${host}`,
        }),
      ]),
  });
}
