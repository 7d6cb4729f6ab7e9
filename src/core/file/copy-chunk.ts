import { ProtocolError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { CtlCode } from "../smb2/constants.ts";
import type { CallOptions } from "../tree/tree-connect.ts";
import { Reader } from "../wire/reader.ts";
import { encodeBytes } from "../wire/writer.ts";
import type { File } from "./file.ts";
import { ioctlSpec } from "./open.ts";

const RESUME_KEY_LENGTH = 24;
/** SRV_REQUEST_RESUME_KEY Response: the key, ContextLength and an empty context, padded. */
const RESUME_KEY_RESPONSE_LENGTH = 32;
const COPY_RESPONSE_LENGTH = 12;

/** What a server takes of one FSCTL_SRV_COPYCHUNK_WRITE ([MS-SMB2] 2.2.32.1). */
interface CopyLimits {
  readonly chunks: number;
  readonly chunkBytes: number;
  readonly requestBytes: number;
}

const MIB = 1024 * 1024;
/** What Windows and Samba take by default. */
const USUAL_LIMITS: CopyLimits = { chunks: 256, chunkBytes: MIB, requestBytes: 16 * MIB };
/** For a server that says only that it was too much. */
const SMALL_LIMITS: CopyLimits = { chunks: 1, chunkBytes: 64 * 1024, requestBytes: 64 * 1024 };

const NOT_THERE: readonly number[] = [
  NtStatus.NOT_SUPPORTED,
  NtStatus.NOT_IMPLEMENTED,
  NtStatus.INVALID_DEVICE_REQUEST,
];

/**
 * Copies a whole open file into another one on the same share without moving the data over the wire
 * ([MS-SMB2] 3.2.4.20.2, FSCTL_SRV_COPYCHUNK_WRITE), in requests that keep to the server's limits. The
 * source must be open for reading, the target for writing. `onCopied` is told of every step.
 *
 * @returns the bytes copied
 * @throws {NtStatusError} with an explanation where the server has no server-side copy
 */
export async function copyChunks(
  source: File,
  target: File,
  options: CallOptions & { readonly onCopied?: (bytes: number) => void } = {},
): Promise<number> {
  if (source.size === 0) return 0;
  try {
    return await copyAll(source, target, options);
  } catch (error) {
    if (!(error instanceof NtStatusError && NOT_THERE.includes(error.status))) throw error;
    const { status, command, path } = error;
    const explanation =
      "This server does not copy files by itself: get the file and put it under its new name";
    throw new NtStatusError(status, { command, path, explanation, cause: error });
  }
}

async function copyAll(
  source: File,
  target: File,
  options: CallOptions & { readonly onCopied?: (bytes: number) => void },
): Promise<number> {
  const key = await requestResumeKey(source, options);
  const { size } = source;
  let limits = USUAL_LIMITS;
  let offset = 0;
  while (offset < size) {
    const length = Math.min(requestSizeOf(limits), size - offset);
    const answer = await copyRange(target, key, { offset, length, limits }, options);
    if (typeof answer !== "number") {
      limits = narrower(limits, answer.limits, answer.refusal);
      continue;
    }
    if (answer === 0 || answer > length) {
      throw new ProtocolError(`A server-side copy of ${length} bytes reports ${answer} bytes`);
    }
    offset += answer;
    options.onCopied?.(answer);
  }
  return offset;
}

function requestSizeOf({ chunks, chunkBytes, requestBytes }: CopyLimits): number {
  return Math.min(chunks * chunkBytes, requestBytes);
}

/**
 * What to keep to after a refusal.
 *
 * @throws {NtStatusError} `refusal` where that is no less than what was refused
 */
function narrower(
  refused: CopyLimits,
  told: CopyLimits | undefined,
  refusal: NtStatusError,
): CopyLimits {
  const limits = told ?? SMALL_LIMITS;
  const next = {
    chunks: Math.min(refused.chunks, limits.chunks),
    chunkBytes: Math.min(refused.chunkBytes, limits.chunkBytes),
    requestBytes: Math.min(refused.requestBytes, limits.requestBytes),
  };
  const isLess =
    next.chunks < refused.chunks ||
    next.chunkBytes < refused.chunkBytes ||
    next.requestBytes < refused.requestBytes;
  if (!isLess || requestSizeOf(next) === 0) throw refusal;
  return next;
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

interface CopyRange {
  readonly offset: number;
  readonly length: number;
  readonly limits: CopyLimits;
}

/**
 * [MS-SMB2] 2.2.31.1 SRV_COPYCHUNK_COPY and 2.2.32.1 SRV_COPYCHUNK_RESPONSE.
 *
 * @returns how much was copied, or the refusal of a server to which it was too much ([MS-SMB2]
 *   3.3.5.15.6.2)
 */
async function copyRange(
  target: File,
  key: Uint8Array,
  { offset, length, limits: { chunkBytes } }: CopyRange,
  options: CallOptions,
): Promise<number | { readonly refusal: NtStatusError; readonly limits: CopyLimits | undefined }> {
  const count = Math.ceil(length / chunkBytes);
  const input = encodeBytes(RESUME_KEY_LENGTH + 8 + count * 24, (w) => {
    w.raw(key); // SourceKey
    w.u32(count); // ChunkCount
    w.u32(0); // Reserved
    for (let done = 0; done < length; done += chunkBytes) {
      w.u64(offset + done); // SourceOffset
      w.u64(offset + done); // TargetOffset
      w.u32(Math.min(chunkBytes, length - done)); // Length
      w.u32(0); // Reserved
    }
  });
  const reply = await target.request({
    ...ioctlSpec(target.fileId, CtlCode.SRV_COPYCHUNK_WRITE, input, COPY_RESPONSE_LENGTH),
    accept: [NtStatus.INVALID_PARAMETER],
    signal: options.signal,
  });
  const { status } = reply;
  const refusal = new NtStatusError(status, { command: "IOCTL", path: target.path });
  if (!reply.hasBody) return { refusal, limits: undefined };
  const { output } = reply.body;
  if (status === NtStatus.INVALID_PARAMETER && output.length < COPY_RESPONSE_LENGTH)
    return { refusal, limits: undefined };
  const r = new Reader(output);
  const [chunks, ofChunk, total] = [r.u32(), r.u32(), r.u32()];
  if (status !== NtStatus.INVALID_PARAMETER) return total; // TotalBytesWritten
  return { refusal, limits: { chunks, chunkBytes: ofChunk, requestBytes: total } };
}
