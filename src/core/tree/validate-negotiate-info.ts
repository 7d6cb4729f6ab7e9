import { ProtocolError, TransportClosedError, WireFormatError } from "../errors.ts";
import {
  decodeValidateNegotiateInfoResponse,
  encodeValidateNegotiateInfoRequest,
  type ValidateNegotiateInfoResponse,
} from "../fscc/fsctl.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { CtlCode, Dialect } from "../smb2/constants.ts";
import { IoctlFlags, IoctlRequest, IoctlResponse, NO_FILE_ID } from "../smb2/ioctl.ts";
import type { TreeConnect } from "./tree-connect.ts";

/** The response has 24 bytes ([MS-SMB2] 2.2.32.6). */
const RESPONSE_LENGTH = 24;
/** How servers that do not know the request refuse it; the refusal is signed, so it is believed. */
const NOT_KNOWN: readonly number[] = [
  NtStatus.FILE_CLOSED,
  NtStatus.INVALID_DEVICE_REQUEST,
  NtStatus.NOT_SUPPORTED,
  NtStatus.NOT_IMPLEMENTED,
  NtStatus.FS_DRIVER_REQUIRED,
];

/** Silence is none of them: it says nothing about the negotiation. */
const REFUSALS = [NtStatusError, TransportClosedError, ProtocolError, WireFormatError] as const;

/**
 * Has the server repeat, under the session's signature, what NEGOTIATE agreed on: without it anybody
 * on the path could have talked both sides down to an older dialect ([MS-SMB2] 3.2.5.5). With 3.1.1
 * the preauthentication integrity hash proves the same, with a guest session nothing can.
 *
 * @throws {ProtocolError} where the server's memory differs from ours; the connection is ended
 */
export async function validateNegotiateInfo(
  tree: TreeConnect,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { session } = tree;
  const { connection } = session;
  const { offer, dialect, serverCapabilities, serverGuid, serverSecurityMode } =
    connection.negotiated;
  const offered3 = offer.dialects.some((offered) => offered >= Dialect.SMB_3_0);
  if (dialect === Dialect.SMB_3_1_1 || !offered3 || !session.canSign) return;
  if (session.hasValidatedNegotiate) return;
  const answer = await askForConfirmation(tree, options.signal);
  session.hasValidatedNegotiate = true;
  if (answer === undefined) return;
  const isSame =
    answer.dialect === dialect &&
    answer.capabilities === serverCapabilities &&
    answer.securityMode === serverSecurityMode &&
    answer.guid.every((byte, index) => byte === serverGuid[index]);
  if (!isSame) throw tampered(tree);
}

/**
 * A server that finds something changed hangs up, or refuses ([MS-SMB2] 3.3.5.15.12). An answer that is
 * not signed has ended the connection.
 *
 * @returns undefined where the server does not know the question
 */
async function askForConfirmation(
  tree: TreeConnect,
  signal: AbortSignal | undefined,
): Promise<ValidateNegotiateInfoResponse | undefined> {
  const { offer } = tree.session.connection.negotiated;
  try {
    const reply = await tree.request({
      request: IoctlRequest,
      message: {
        ctlCode: CtlCode.VALIDATE_NEGOTIATE_INFO,
        fileId: NO_FILE_ID,
        input: encodeValidateNegotiateInfoRequest({
          capabilities: offer.capabilities,
          guid: offer.clientGuid,
          securityMode: offer.securityMode,
          dialects: offer.dialects,
        }),
        maxInputResponse: 0,
        maxOutputResponse: RESPONSE_LENGTH,
        flags: IoctlFlags.IS_FSCTL,
      },
      response: IoctlResponse,
      // Also where nothing else is signed: unsigned it would prove nothing ([MS-SMB2] 3.2.5.5).
      sign: true,
      mustBeProven: true,
      accept: NOT_KNOWN,
      signal,
    });
    return reply.hasBody ? decodeValidateNegotiateInfoResponse(reply.body.output) : undefined;
  } catch (error) {
    const isRefusal = REFUSALS.some((kind) => error instanceof kind);
    throw isRefusal ? tampered(tree, error) : error;
  }
}

/** Ends the connection ([MS-SMB2] 3.2.5.14.12). */
function tampered(tree: TreeConnect, cause?: unknown): ProtocolError {
  const error = new ProtocolError(
    "The server does not confirm what was negotiated: an attacker on the network changed it (downgrade attack), or it is an old server that answers wrongly. Where the network can be trusted, -m SMB2_10 (maxDialect SMB_2_1) goes without a confirmation",
    { cause },
  );
  tree.session.abort(error);
  return error;
}
