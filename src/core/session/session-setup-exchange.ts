import { authenticationErrorFromStatus } from "../auth/authentication-error.ts";
import type { SpnegoExchange } from "../auth/spnego.ts";
import type { Connection } from "../connection/connection.ts";
import type { MessageSecurity } from "../connection/message-security.ts";
import type { RawReply } from "../connection/outstanding-requests.ts";
import { preauthUpdate } from "../crypto/preauth-hash.ts";
import { ProtocolError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { decodeBody } from "../smb2/codec.ts";
import { HeaderFlags, SessionSetupFlags } from "../smb2/constants.ts";
import { SessionSetupRequest, SessionSetupResponse } from "../smb2/session-setup.ts";
import type { MessageParts } from "../transport.ts";
import type { KeyMaterial } from "./keys.ts";

/** An authentication may take so many round trips; NTLM takes two, Kerberos up to four. */
const MAX_ROUND_TRIPS = 8;

/** How a SESSION_SETUP ended. */
export interface SessionSetupResult {
  readonly sessionId: bigint;
  readonly sessionFlags: number;
  readonly material: KeyMaterial;
  /** See `AuthMechanism.losses`. */
  readonly losses: readonly string[];
  /** The last response, whose signature nobody has verified yet. */
  readonly finalReply: RawReply;
}

export interface SessionSetupOptions {
  readonly securityMode: number;
  /** For error texts. */
  readonly user: string;
  readonly signal?: AbortSignal | undefined;
  /** The session to authenticate anew, with its keys; a fresh one is made without. */
  readonly existing?: MessageSecurity | undefined;
  /** The session that `connection` is to become a channel of, with the keys to sign with. */
  readonly bindTo?: MessageSecurity | undefined;
}

/**
 * Authenticates over SESSION_SETUP until the server is satisfied ([MS-SMB2] 3.2.4.2.3, 3.2.5.3).
 *
 * @throws {AuthenticationError} where the server refuses the user, in words
 * @throws {ProtocolError} where it breaks off the exchange or never ends it
 */
export async function exchangeSessionSetup(
  connection: Connection,
  spnego: SpnegoExchange,
  options: SessionSetupOptions,
): Promise<SessionSetupResult> {
  let { preauthHash } = connection.negotiated;
  let sessionId = securityOf(options)?.sessionId ?? 0n;
  let token: Uint8Array | undefined = await spnego.first(connection.negotiated.securityBuffer);
  for (let round = 0; round < MAX_ROUND_TRIPS && token !== undefined; round += 1) {
    const { parts, reply } = await sendToken(connection, token, sessionId, options);
    const { header, message } = reply;
    if (preauthHash !== undefined) preauthHash = preauthUpdate(preauthHash, parts);
    checkStatus(header.status, connection, options);
    const response = decodeBody(message, SessionSetupResponse);
    // IBM i and old storage boxes name no session in their first answer, and the real one later.
    if (sessionId !== 0n && header.sessionId !== sessionId) {
      throw new ProtocolError(
        "The server changed the SessionId in the middle of the authentication",
      );
    }
    sessionId = header.sessionId;
    if (header.status === NtStatus.SUCCESS) {
      await spnego.finish(response.securityBuffer);
      const material = { sessionKey: spnego.sessionKey, preauthHash };
      const { sessionFlags } = response;
      return { sessionId, sessionFlags, material, losses: spnego.losses, finalReply: reply };
    }
    checkInterimSignature(reply, options);
    if (preauthHash !== undefined) preauthHash = preauthUpdate(preauthHash, [message]);
    token = await spnego.next(response.securityBuffer);
  }
  throw new ProtocolError("The server never came to the end of the authentication");
}

async function sendToken(
  connection: Connection,
  securityBuffer: Uint8Array,
  sessionId: bigint,
  options: SessionSetupOptions,
): Promise<{ parts: MessageParts; reply: RawReply }> {
  const message: SessionSetupRequest = {
    flags: options.bindTo === undefined ? 0 : SessionSetupFlags.BINDING,
    securityMode: options.securityMode,
    capabilities: 0,
    previousSessionId: 0n,
    securityBuffer,
  };
  const request = { codec: SessionSetupRequest, message, isCheckedBySender: true };
  const { messages, replies } = await connection.send([request], {
    sessionId,
    security: securityOf(options),
    signal: options.signal,
  });
  const [reply] = await Promise.all(replies);
  if (reply === undefined) throw new ProtocolError("SESSION_SETUP was not answered");
  return { parts: messages[0] ?? [], reply };
}

function securityOf({ existing, bindTo }: SessionSetupOptions): MessageSecurity | undefined {
  return bindTo ?? existing;
}

/**
 * What comes before the last response is signed with the key that the session has ([MS-SMB2]
 * 3.2.5.1.3). Some servers leave that out; only the last response counts.
 */
function checkInterimSignature(reply: RawReply, options: SessionSetupOptions): void {
  const { header, message, isUnproven } = reply;
  const isSigned = (header.flags & HeaderFlags.SIGNED) !== 0;
  if (isUnproven && isSigned) securityOf(options)?.verify(message, header);
}

function checkStatus(status: number, connection: Connection, options: SessionSetupOptions): void {
  if (status === NtStatus.SUCCESS || status === NtStatus.MORE_PROCESSING_REQUIRED) return;
  throw authenticationErrorFromStatus(status, {
    user: options.user,
    serverTime: connection.negotiated.systemTime,
    now: connection.negotiated.receivedAt,
  });
}
