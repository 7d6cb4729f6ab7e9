import { AuthenticationError } from "../auth/authentication-error.ts";
import type { Connection } from "../connection/connection.ts";
import type { MessageSecurity } from "../connection/message-security.ts";
import { securityMode } from "../connection/negotiator.ts";
import type { RawReply } from "../connection/outstanding-requests.ts";
import { UnsupportedError } from "../errors.ts";
import { Dialect, HeaderFlags, SecurityMode, SessionFlags } from "../smb2/constants.ts";
import { createMessageSecurity } from "./keys.ts";
import type { SessionSetupResult } from "./session-setup-exchange.ts";

/**
 * How the messages of a session are to be protected. `sign` and `encrypt` are demands: without a key,
 * as guests and anonymous users have none, there is no session. `auto` signs wherever there is a key;
 * `off` only where the server demands it.
 */
export type Protection = "auto" | "sign" | "encrypt" | "off";

/** What the client insists on; nothing where the wire protects everything. */
function wantedProtection({ negotiated }: Connection, protection: Protection): Protection {
  return negotiated.usesTransportSecurity ? "off" : protection;
}

/** SecurityMode of SESSION_SETUP over `connection` ([MS-SMB2] 2.2.5). */
export function securityModeOf(connection: Connection, protection: Protection): number {
  return securityMode(wantedProtection(connection, protection) !== "off");
}

/**
 * What protects the messages of a session ([MS-SMB2] 3.2.5.3.1). A server that accepted the wire's
 * protection and demands signing or encryption all the same gets it: it would refuse everything else.
 *
 * @throws {UnsupportedError} where encryption is required and no cipher was negotiated
 * @throws {AuthenticationError} where the protection asked for needs a key, and there is none
 */
export function secure(
  connection: Connection,
  setup: SessionSetupResult,
  protection: Protection,
  hasNoKey: boolean,
): MessageSecurity {
  const { negotiated } = connection;
  const wanted = wantedProtection(connection, protection);
  const wantsEncryption =
    wanted === "encrypt" || (setup.sessionFlags & SessionFlags.ENCRYPT_DATA) !== 0;
  if (wantsEncryption && negotiated.cipher === undefined) {
    throw new UnsupportedError(
      "Encryption is required, but the server and this client have no cipher in common",
    );
  }
  if (hasNoKey && (wantsEncryption || wanted === "sign")) {
    throw new AuthenticationError(
      `${wantsEncryption ? "Encryption" : "Signing"} is required, but a guest or anonymous session has no key for it: log on as a user with a password, or do not require it`,
    );
  }
  const serverRequires = (negotiated.serverSecurityMode & SecurityMode.SIGNING_REQUIRED) !== 0;
  return createMessageSecurity(negotiated, setup.material, {
    sessionId: setup.sessionId,
    signingRequired: !hasNoKey && (wanted !== "off" || serverRequires),
    encryptionRequired: wantsEncryption,
    hasKey: !hasNoKey,
  });
}

/**
 * Checks the final SESSION_SETUP response now that the keys exist ([MS-SMB2] 3.2.5.3.1). Below 3.1.1
 * some servers (OneFS, NetApp) do not sign it: then the first response that is signed proves the key,
 * which every one has to be where the session signs. With 3.1.1 its signature is what proves that
 * nobody has changed the negotiation.
 *
 * @throws {ProtocolError} where its signature is wrong, or missing with 3.1.1
 */
export function verifyFinal(
  { header, message, isUnproven }: RawReply,
  security: MessageSecurity,
  dialect: Dialect,
): void {
  if (!isUnproven) return;
  const isSigned = (header.flags & HeaderFlags.SIGNED) !== 0;
  if (isSigned || dialect === Dialect.SMB_3_1_1) security.verify(message, header);
}
