import { ProtocolError } from "../errors.ts";
import {
  decodeValidateNegotiateInfoResponse,
  encodeValidateNegotiateInfoRequest,
} from "../fscc/fsctl.ts";
import { NtStatus } from "../nt-status.ts";
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
  NtStatus.FS_DRIVER_REQUIRED,
];

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
  const isProtected = session.isSigned || session.isEncrypted;
  const offered3 = offer.dialects.some((offered) => offered >= Dialect.SMB_3_0);
  if (dialect === Dialect.SMB_3_1_1 || !offered3 || !isProtected || session.hasValidatedNegotiate)
    return;
  session.hasValidatedNegotiate = true;
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
    accept: NOT_KNOWN,
    signal: options.signal,
  });
  if (!reply.hasBody) return;
  const answer = decodeValidateNegotiateInfoResponse(reply.body.output);
  const isSame =
    answer.dialect === dialect &&
    answer.capabilities === serverCapabilities &&
    answer.securityMode === serverSecurityMode &&
    answer.guid.every((byte, index) => byte === serverGuid[index]);
  if (isSame) return;
  const error = new ProtocolError(
    "The server does not confirm what was negotiated: somebody on the path changed it (downgrade attack)",
  );
  connection.abort(error);
  throw error;
}
