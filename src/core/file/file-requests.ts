import { TransferError } from "../errors.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { Reply, RequestSpec } from "../session/request-spec.ts";
import { CloseFlags, CloseRequest, CloseResponse } from "../smb2/close.ts";
import { ReadWriteChannel } from "../smb2/constants.ts";
import { ReadRequest, ReadResponse } from "../smb2/read.ts";
import { WriteRequest, WriteResponse } from "../smb2/write.ts";

const NO_CHANNEL_INFO = new Uint8Array(0);

/** A READ request, alone or as a member of a compound. */
export function readSpec(
  fileId: Uint8Array,
  offset: number,
  length: number,
): RequestSpec<ReadRequest, ReadResponse> {
  return {
    request: ReadRequest,
    message: {
      flags: 0,
      length,
      offset,
      fileId,
      minimumCount: 0,
      channel: ReadWriteChannel.NONE,
      channelInfo: NO_CHANNEL_INFO,
    },
    response: ReadResponse,
    expectedSize: length,
    mayPlace: true,
  };
}

/** A WRITE request. `data` is sent as it is: it must not change before the reply. */
export function writeSpec(
  fileId: Uint8Array,
  offset: number,
  data: Uint8Array,
): RequestSpec<WriteRequest, WriteResponse> {
  return {
    request: WriteRequest,
    message: {
      length: data.length,
      offset,
      fileId,
      channel: ReadWriteChannel.NONE,
      remainingBytes: 0,
      channelInfo: NO_CHANNEL_INFO,
      flags: 0,
    },
    response: WriteResponse,
    payload: data,
    mayPlace: true,
  };
}

/** A CLOSE; with `postQuery` the response tells the file's last size and times. */
export function closeSpec(
  fileId: Uint8Array,
  postQuery: boolean,
): RequestSpec<CloseRequest, CloseResponse> {
  return {
    request: CloseRequest,
    message: { flags: postQuery ? CloseFlags.POSTQUERY_ATTRIB : 0, fileId },
    response: CloseResponse,
  };
}

/**
 * The body of one reply of a compound.
 *
 * @throws {NtStatusError} where the server answered with one
 */
export function bodyOf<R>(reply: Reply<unknown> | NtStatusError | undefined): R {
  if (reply === undefined) throw new TransferError("The server answered only part of a compound");
  if (reply instanceof NtStatusError) throw reply;
  return reply.body as R;
}
