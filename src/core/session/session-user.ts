import { AuthenticationError } from "../auth/authentication-error.ts";
import type { SpnegoExchange } from "../auth/spnego.ts";
import { SessionFlags } from "../smb2/constants.ts";
import type { SessionSetupResult } from "./session-setup-exchange.ts";

/** Who logs on. */
export interface SessionUser {
  /** Makes a fresh exchange: for the first authentication and for each later one. */
  readonly authenticate: () => SpnegoExchange;
  /** `DOMAIN\user` for error texts; empty for an anonymous logon. */
  readonly user: string;
  readonly kind: "password" | "anonymous" | "guest";
}

/** The server has taken the user for somebody unknown ([MS-SMB2] 2.2.6). */
export function hasNoUser({ sessionFlags }: Pick<SessionSetupResult, "sessionFlags">): boolean {
  return (sessionFlags & (SessionFlags.IS_GUEST | SessionFlags.IS_NULL)) !== 0;
}

/** @throws {AuthenticationError} where somebody who gave a password is let in as a guest */
export function refuseUnwantedGuest(isGuest: boolean, { kind, user }: SessionUser): void {
  if (!isGuest || kind !== "password") return;
  throw new AuthenticationError(
    `The server knows no such user and offers only guest access to ${user}: check the name, or ask for guest access`,
    { offersGuest: true },
  );
}
