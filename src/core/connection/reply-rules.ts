import { constantTimeEqual, SIGNATURE_LENGTH } from "../crypto/signing.ts";
import { ProtocolError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { HeaderFlags } from "../smb2/constants.ts";
import { SIGNATURE_OFFSET, type Smb2Header } from "../smb2/header.ts";
import type { InboundMessage } from "./inbound-frame.ts";
import type { MessageSecurity } from "./message-security.ts";
import type { SentRequest } from "./outstanding-requests.ts";

/** An interim response: the real one follows ([MS-SMB2] 3.2.5.1.5). */
export function isInterim(header: Smb2Header): boolean {
  return header.status === NtStatus.PENDING;
}

/**
 * Failures that servers send without a signature of their own: what the request names is gone on the
 * server, and with it what it would sign with (Windows, OneFS and others).
 */
const UNSIGNED_FAILURES: readonly number[] = [
  NtStatus.NETWORK_NAME_DELETED,
  NtStatus.FILE_CLOSED,
  NtStatus.INVALID_PARAMETER,
];

/**
 * Holds a response against what its request asked for: it must be encrypted where the request was, and
 * else signed where the session signs ([MS-SMB2] 3.2.5.1.1, 3.2.5.1.3). The session is that of the
 * request: what SessionId a response names is of no importance, and some servers name none in the
 * answer to LOGOFF. SESSION_SETUP, where it is important, looks at it itself.
 *
 * @returns false where nothing has proven it so far: a failure that is believed all the same, or what
 *   the sender checks; see `RawReply.isUnproven`
 * @throws {ProtocolError} where it is not: somebody on the way may have made it up
 */
export function checkProtection(
  sent: SentRequest,
  message: InboundMessage,
  openedBy: MessageSecurity | undefined,
): boolean {
  const { security } = sent;
  if (openedBy !== undefined && openedBy !== security) {
    throw new ProtocolError(`The answer to ${sent.commandName} was encrypted for another session`);
  }
  if (security === undefined) return !sent.isCheckedBySender;
  if (openedBy !== undefined) {
    checkSealedSession(sent, message, security);
    return true;
  }
  const { header } = message;
  if (isUnprotectedByNature(header)) return true;
  if (sent.isEncrypted) {
    throw new ProtocolError(
      `The answer to ${sent.commandName} came unencrypted on an encrypted session`,
    );
  }
  if (sent.isCheckedBySender) return false;
  if (!sent.isSigned && (header.flags & HeaderFlags.SIGNED) === 0) return true;
  if (isUnsignedFailure(sent, message)) return false;
  security.verify(message.message, header);
  return true;
}

/** The frame names the session whose key opened it; what is inside must not name another one. */
function checkSealedSession(
  sent: SentRequest,
  { header }: InboundMessage,
  { sessionId }: MessageSecurity,
): void {
  if (header.sessionId === sessionId || header.sessionId === 0n) return;
  throw new ProtocolError(`The answer to ${sent.commandName} names another session`);
}

/**
 * Nobody signs interim responses ([MS-SMB2] 3.3.4.1.1), and older servers do not encrypt them. A
 * server that has lost the session has lost its keys too, even where it claims to have signed (ksmbd
 * does, without a signature). Believing either costs no more than what anyone on the path can do
 * anyway: let us wait, or end the connection.
 */
function isUnprotectedByNature(header: Smb2Header): boolean {
  return isInterim(header) || header.status === NtStatus.USER_SESSION_DELETED;
}

/**
 * A failure of one request whose signature is absent, zero or that of the request itself. Somebody on
 * the path can make one request fail with it, who could as well cut the connection; a signature that
 * is there and wrong is none of these cases.
 */
function isUnsignedFailure(sent: SentRequest, { header, message }: InboundMessage): boolean {
  if (sent.mustBeProven || !UNSIGNED_FAILURES.includes(header.status)) return false;
  if ((header.flags & HeaderFlags.SIGNED) === 0) return true;
  const signature = message.subarray(SIGNATURE_OFFSET, SIGNATURE_OFFSET + SIGNATURE_LENGTH);
  return signature.every((byte) => byte === 0) || constantTimeEqual(signature, sent.signature);
}
