import { ProtocolError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { HeaderFlags } from "../smb2/constants.ts";
import type { Smb2Header } from "../smb2/header.ts";
import type { MessageSecurity } from "./message-security.ts";
import type { RawReply, SentRequest } from "./outstanding-requests.ts";

/** An interim response: the real one follows ([MS-SMB2] 3.2.5.1.5). */
export function isInterim(header: Smb2Header): boolean {
  return header.status === NtStatus.PENDING;
}

/**
 * Holds a response against what its request asked for: it must be of the same session, encrypted
 * where the request was, and else signed where the session signs ([MS-SMB2] 3.2.5.1.1, 3.2.5.1.3).
 *
 * @throws {ProtocolError} where it is not: somebody on the way may have made it up
 */
export function checkProtection(
  sent: SentRequest,
  reply: RawReply,
  openedBy: MessageSecurity | undefined,
): void {
  const { security } = sent;
  if (openedBy !== undefined && openedBy !== security) {
    throw new ProtocolError(`The answer to ${sent.commandName} was encrypted for another session`);
  }
  if (security === undefined) return;
  const { header, message } = reply;
  if (header.sessionId !== security.sessionId) {
    throw new ProtocolError(`The answer to ${sent.commandName} names another session`);
  }
  if (openedBy !== undefined || isUnprotectedByNature(header)) return;
  if (sent.isEncrypted) {
    throw new ProtocolError(
      `The answer to ${sent.commandName} came unencrypted on an encrypted session`,
    );
  }
  if (sent.isCheckedBySender) return;
  if (sent.isSigned || (header.flags & HeaderFlags.SIGNED) !== 0) security.verify(message, header);
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
