import { NtStatus } from "../nt-status.ts";
import type { RpcPipe } from "../rpc/rpc-client.ts";
import { AccessMask, CtlCode, ReadWriteChannel, ShareAccess } from "../smb2/constants.ts";
import { IoctlFlags, IoctlRequest, IoctlResponse } from "../smb2/ioctl.ts";
import { ReadRequest, ReadResponse } from "../smb2/read.ts";
import type { CallOptions, TreeConnect } from "../tree/tree-connect.ts";
import { Open } from "./open.ts";

const NO_CHANNEL_INFO = new Uint8Array(0);
/** The fragment size that Windows and Samba use over named pipes. */
const MAX_FRAGMENT = 4280;

/** A named pipe in message mode, for DCE/RPC ([MS-RPCE] 2.1.1.2). */
export class Pipe extends Open implements RpcPipe {
  readonly maxFragment: number = MAX_FRAGMENT;

  /** Opens `name`, without a leading `\pipe\`, in IPC$. */
  static async open(tree: TreeConnect, name: string, options: CallOptions = {}): Promise<Pipe> {
    const spec = tree.createSpec(name, {
      access:
        AccessMask.READ_DATA |
        AccessMask.WRITE_DATA |
        AccessMask.READ_ATTRIBUTES |
        AccessMask.SYNCHRONIZE,
      shareAccess: ShareAccess.READ | ShareAccess.WRITE,
      signal: options.signal,
    });
    return new Pipe(tree, name, (await tree.request(spec)).body);
  }

  /** FSCTL_PIPE_TRANSCEIVE: one message there, the start of one back. */
  async transceive(
    bytes: Uint8Array,
    maxOutput: number,
    signal?: AbortSignal,
  ): Promise<{ readonly bytes: Uint8Array; readonly more: boolean }> {
    const reply = await this.request({
      request: IoctlRequest,
      message: {
        ctlCode: CtlCode.PIPE_TRANSCEIVE,
        fileId: this.fileId,
        input: bytes,
        maxInputResponse: 0,
        maxOutputResponse: maxOutput,
        flags: IoctlFlags.IS_FSCTL,
      },
      response: IoctlResponse,
      expectedSize: Math.max(maxOutput, bytes.length),
      accept: [NtStatus.BUFFER_OVERFLOW],
      signal,
    });
    return { bytes: reply.body.output.slice(), more: reply.status === NtStatus.BUFFER_OVERFLOW };
  }

  /** What is left of a message, or the next one. */
  async read(max: number, signal?: AbortSignal): Promise<Uint8Array> {
    const reply = await this.request({
      request: ReadRequest,
      message: {
        flags: 0,
        length: max,
        offset: 0,
        fileId: this.fileId,
        minimumCount: 0,
        channel: ReadWriteChannel.NONE,
        channelInfo: NO_CHANNEL_INFO,
      },
      response: ReadResponse,
      expectedSize: max,
      accept: [NtStatus.BUFFER_OVERFLOW],
      signal,
    });
    return reply.body.data.slice();
  }
}
