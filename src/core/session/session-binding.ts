import type { Connection } from "../connection/connection.ts";
import type { MessageSecurity } from "../connection/message-security.ts";
import { ProtocolError, UnsupportedError } from "../errors.ts";
import { Dialect } from "../smb2/constants.ts";
import { deriveSigner } from "./keys.ts";
import { type Protection, securityModeOf } from "./session-protection.ts";
import { exchangeSessionSetup } from "./session-setup-exchange.ts";
import { hasNoUser, type SessionUser } from "./session-user.ts";

/** A session that is to get another connection. */
export interface BoundSession extends SessionUser {
  /** One that it has already. */
  readonly first: Connection;
  /** With the key that signs SESSION_SETUP. */
  readonly security: MessageSecurity;
  readonly protection: Protection;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Authenticates the user of a session again over another connection, under the signature of the session
 * ([MS-SMB2] 3.2.4.2.3, 3.2.5.3.3).
 *
 * @returns what protects messages there: with a signing key of its own
 * @throws {UnsupportedError} where the session has no key, or the connection agreed on other things
 * @throws {AuthenticationError} where the server refuses the binding
 * @throws {ProtocolError} where its last answer is not signed with the channel's key
 */
export async function bindConnection(
  connection: Connection,
  session: BoundSession,
): Promise<MessageSecurity> {
  const { security, user, signal, protection } = session;
  // Before anything is said about the user.
  refuseOther(connection, session);
  const spnego = session.authenticate();
  try {
    const setup = await exchangeSessionSetup(connection, spnego, {
      securityMode: securityModeOf(connection, protection),
      user,
      bindTo: security.forBinding(),
      signal,
    });
    if (hasNoUser(setup)) throw new ProtocolError("The server bound a guest to a user's session");
    const bound = security.forChannel(deriveSigner(connection.negotiated, setup.material));
    bound.verify(setup.finalReply.message, setup.finalReply.header);
    return bound;
  } finally {
    spnego.wipe();
  }
}

/** @throws {UnsupportedError} where `connection` cannot carry the session */
function refuseOther({ negotiated }: Connection, { first, security }: BoundSession): void {
  const { dialect, cipher, serverGuid } = first.negotiated;
  if (security.signer === undefined || dialect < Dialect.SMB_3_0) {
    throw new UnsupportedError("Only a user's session with SMB 3 can have several connections");
  }
  if (negotiated.dialect !== dialect || negotiated.cipher !== cipher) {
    throw new UnsupportedError("The server agreed on another dialect or cipher than before");
  }
  // The session's messages are as bare as its first wire allows; no other may carry them.
  if (negotiated.usesTransportSecurity !== first.usesTransportSecurity) {
    throw new UnsupportedError("Not all connections of the session would be protected by TLS");
  }
  if (!serverGuid.every((byte, index) => byte === negotiated.serverGuid[index])) {
    throw new UnsupportedError("Another server answers at that address");
  }
}
