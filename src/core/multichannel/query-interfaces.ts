import { UnsupportedError } from "../errors.ts";
import {
  decodeNetworkInterfaceInfo,
  type NetworkInterfaceInfo,
} from "../fscc/network-interface-info.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { Session } from "../session/session.ts";
import { CtlCode } from "../smb2/constants.ts";
import { IoctlFlags, IoctlRequest, IoctlResponse, NO_FILE_ID } from "../smb2/ioctl.ts";
import { Tree } from "../tree/tree.ts";

/** Room for four hundred addresses. */
const LARGEST_LIST = 64 * 1024;
const NO_INPUT = new Uint8Array(0);

/**
 * Asks the server for its network interfaces ([MS-SMB2] 3.2.4.20.10), signed or encrypted: somebody
 * on the way must not name us other machines.
 *
 * @throws {NtStatusError} where the server does not tell
 */
export async function queryNetworkInterfaces(
  session: Session,
  host: string,
  signal: AbortSignal,
): Promise<readonly NetworkInterfaceInfo[]> {
  const ipc = await Tree.connect(session, `\\\\${host}\\IPC$`, { signal });
  try {
    const { body } = await ipc.request({
      request: IoctlRequest,
      message: {
        ctlCode: CtlCode.QUERY_NETWORK_INTERFACE_INFO,
        fileId: NO_FILE_ID,
        input: NO_INPUT,
        maxInputResponse: 0,
        maxOutputResponse: LARGEST_LIST,
        flags: IoctlFlags.IS_FSCTL,
      },
      response: IoctlResponse,
      expectedSize: LARGEST_LIST,
      sign: true,
      signal,
    });
    return decodeNetworkInterfaceInfo(body.output);
  } catch (error) {
    if (!(error instanceof NtStatusError)) throw error;
    throw new UnsupportedError(`the server does not tell its interfaces (${error.statusName})`, {
      cause: error,
    });
  } finally {
    await ipc.disconnect().catch(() => {});
  }
}
