import { ProtocolError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { CtlCode } from "../smb2/constants.ts";
import type { CallOptions } from "../tree/tree-connect.ts";
import { Reader } from "../wire/reader.ts";
import { encodeBytes } from "../wire/writer.ts";
import type { File } from "./file.ts";

const RESUME_KEY_LENGTH = 24;
/** SRV_REQUEST_RESUME_KEY Response: the key, ContextLength and an empty context, padded. */
const RESUME_KEY_RESPONSE_LENGTH = 32;
const COPY_RESPONSE_LENGTH = 12;
/** What Windows and Samba take by default: ServerSideCopyMaxChunkSize and MaxDataSize. */
const LARGEST_CHUNK = 1024 * 1024;
const LARGEST_REQUEST = 16 * LARGEST_CHUNK;

/**
 * Copies a whole open file into another one on the same share without moving the data over the wire
 * ([MS-SMB2] 3.2.4.20.2, FSCTL_SRV_COPYCHUNK_WRITE). `onCopied` is told of every step.
 *
 * @returns the bytes copied
 * @throws {NtStatusError} NOT_SUPPORTED, INVALID_DEVICE_REQUEST and the like where the server cannot
 */
export async function copyChunks(
  source: File,
  target: File,
  options: CallOptions & { readonly onCopied?: (bytes: number) => void } = {},
): Promise<number> {
  const key = await requestResumeKey(source, options);
  let requestSize = LARGEST_REQUEST;
  let offset = 0;
  while (offset < source.size) {
    const length = Math.min(requestSize, source.size - offset);
    try {
      const copied = await copyRange(target, key, offset, length, options);
      if (copied === 0 || copied > length) {
        throw new ProtocolError(`A server-side copy of ${length} bytes reports ${copied} bytes`);
      }
      offset += copied;
      options.onCopied?.(copied);
    } catch (error) {
      // [MS-SMB2] 3.3.5.15.6: over one of the server's limits; a single chunk is within all of them.
      if (!isOverLimit(error) || requestSize === LARGEST_CHUNK) throw error;
      requestSize = LARGEST_CHUNK;
    }
  }
  return offset;
}

function isOverLimit(error: unknown): boolean {
  return error instanceof NtStatusError && error.status === NtStatus.INVALID_PARAMETER;
}

/** [MS-SMB2] 2.2.32.3: the opaque key that names `source` in a copy request. */
async function requestResumeKey(source: File, options: CallOptions): Promise<Uint8Array> {
  const output = await source.ioctl(
    CtlCode.SRV_REQUEST_RESUME_KEY,
    new Uint8Array(0),
    RESUME_KEY_RESPONSE_LENGTH,
    { signal: options.signal },
  );
  return new Reader(output).raw(RESUME_KEY_LENGTH);
}

/** [MS-SMB2] 2.2.31.1 SRV_COPYCHUNK_COPY and 2.2.32.1 SRV_COPYCHUNK_RESPONSE. */
async function copyRange(
  target: File,
  key: Uint8Array,
  offset: number,
  length: number,
  options: CallOptions,
): Promise<number> {
  const count = Math.ceil(length / LARGEST_CHUNK);
  const input = encodeBytes(RESUME_KEY_LENGTH + 8 + count * 24, (w) => {
    w.raw(key); // SourceKey
    w.u32(count); // ChunkCount
    w.u32(0); // Reserved
    for (let done = 0; done < length; done += LARGEST_CHUNK) {
      w.u64(offset + done); // SourceOffset
      w.u64(offset + done); // TargetOffset
      w.u32(Math.min(LARGEST_CHUNK, length - done)); // Length
      w.u32(0); // Reserved
    }
  });
  const output = await target.ioctl(CtlCode.SRV_COPYCHUNK_WRITE, input, COPY_RESPONSE_LENGTH, {
    signal: options.signal,
  });
  const r = new Reader(output);
  r.skip(8); // ChunksWritten, ChunkBytesWritten
  return r.u32(); // TotalBytesWritten
}
