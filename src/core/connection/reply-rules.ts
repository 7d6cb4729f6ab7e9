import { ProtocolError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { HeaderFlags } from "../smb2/constants.ts";
import type { Smb2Header } from "../smb2/header.ts";
import type { OutstandingRequest, RawReply } from "./outstanding-requests.ts";

/** An interim response: the real one follows under an AsyncId ([MS-SMB2] 3.2.5.1.5). */
export function isInterim(header: Smb2Header): boolean {
  return header.status === NtStatus.PENDING && (header.flags & HeaderFlags.ASYNC_COMMAND) !== 0;
}

/**
 * Holds a final response against what its request asked for: it must be encrypted where the request
 * was, and else signed where the session signs ([MS-SMB2] 3.2.5.1.1, 3.2.5.1.3).
 *
 * @throws {ProtocolError} where it is not: somebody on the way may have made it up
 */
export function checkProtection(
  request: OutstandingRequest,
  reply: RawReply,
  isEncrypted: boolean,
): void {
  const { security } = request;
  if (security === undefined || isEncrypted) return;
  const { header, message } = reply;
  if (isUnprotectedByNature(header)) return;
  if (request.sentEncrypted) {
    throw new ProtocolError(
      `The answer to ${request.commandName} came unencrypted on an encrypted session`,
    );
  }
  if (request.sentSigned || (header.flags & HeaderFlags.SIGNED) !== 0) {
    security.verify(message, header);
  }
}

/**
 * A server that has lost the session has lost its keys too. Believing such an answer costs no more
 * than what anyone on the path can do anyway: end the connection.
 */
function isUnprotectedByNature(header: Smb2Header): boolean {
  return (
    header.status === NtStatus.USER_SESSION_DELETED && (header.flags & HeaderFlags.SIGNED) === 0
  );
}
