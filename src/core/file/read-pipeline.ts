import { ProtocolError, TransferError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { Reply } from "../session/request-spec.ts";
import type { ReadResponse } from "../smb2/read.ts";
import type { File } from "./file.ts";
import { readSpec } from "./file-requests.ts";
import { DEFAULT_WINDOW_BYTES, type Piece, slide } from "./sliding-window.ts";

/** What to read and where to put it. */
export interface ReadPipelineOptions {
  /** Which parts of the file, in order; each must lie inside the file. */
  readonly ranges: Iterable<Piece> | AsyncIterable<Piece>;
  /**
   * Takes one chunk, in the order of arrival. `data` is a view of a buffer that is used again once
   * the promise is settled; until then it counts against the window, so a slow disk stops new READs.
   * `signal` is aborted when the transfer is over before its time: who waits must stop.
   */
  readonly place: (data: Uint8Array, offset: number, signal: AbortSignal) => Promise<void> | void;
  readonly signal?: AbortSignal | undefined;
  /** The largest READ; 0 or nothing: what the server, the credits and the wire allow. */
  readonly chunkBytes?: number | undefined;
  /** Bytes requested and not yet placed, at most; default 16 MiB. */
  readonly windowBytes?: number | undefined;
}

/**
 * Reads ranges of an open file with many READs in flight ([MS-SMB2] 3.2.4.6). Short replies are asked
 * again for the rest. The first error cancels everything else; when the promise settles, nothing
 * runs any more.
 *
 * @throws {TransferError} where the file ends before a range does: it shrank while it was read
 */
export async function readPipeline(file: File, options: ReadPipelineOptions): Promise<void> {
  const chunk = chunkLimit(file, options.chunkBytes);
  const pieces = cut(options.ranges, chunk);
  await slide({
    next: async () => (await pieces.next()).value ?? undefined,
    run: (piece, signal) => readPiece(file, piece, options.place, signal),
    windowBytes: () => options.windowBytes ?? DEFAULT_WINDOW_BYTES,
    maxPiece: chunk,
    signal: options.signal,
  });
}

/** One READ. The reply must be released when its data were used. */
export function requestRead(
  file: File,
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<Reply<ReadResponse>> {
  return file.tree.request({ ...readSpec(file.fileId, offset, length), path: file.path, signal });
}

/** How large a chunk may be now: it grows with the credits. */
export function chunkLimit(file: File, wanted: number | undefined): () => number {
  const { tree } = file;
  const limit = wanted === undefined || wanted === 0 ? Number.POSITIVE_INFINITY : wanted;
  return () => Math.max(1, Math.min(limit, tree.chunkSize));
}

async function* cut(
  ranges: ReadPipelineOptions["ranges"],
  chunk: () => number,
): AsyncGenerator<Piece, undefined> {
  for await (const range of ranges) {
    const end = range.offset + range.length;
    for (let offset = range.offset; offset < end; ) {
      const length = Math.min(chunk(), end - offset);
      yield { offset, length };
      offset += length;
    }
  }
  return undefined;
}

async function readPiece(
  file: File,
  piece: Piece,
  place: ReadPipelineOptions["place"],
  signal: AbortSignal,
): Promise<void> {
  let { offset } = piece;
  const end = offset + piece.length;
  while (offset < end) {
    const reply = await requestRead(file, offset, end - offset, signal).catch((error: unknown) => {
      throw isEndOfFile(error) ? shrank(file, offset, error) : error;
    });
    try {
      const { data } = reply.body;
      if (data.length === 0) throw shrank(file, offset);
      if (data.length > end - offset) {
        throw new ProtocolError(
          `A READ of ${end - offset} bytes was answered with ${data.length} bytes`,
        );
      }
      signal.throwIfAborted();
      await place(data, offset, signal);
      offset += data.length;
    } finally {
      reply.release();
    }
  }
}

/** Whether a READ failed only because it began at or behind the end ([MS-SMB2] 3.3.5.12). */
export function isEndOfFile(error: unknown): error is NtStatusError {
  return error instanceof NtStatusError && error.status === NtStatus.END_OF_FILE;
}

function shrank(file: File, offset: number, cause?: unknown): TransferError {
  return new TransferError(
    `\\${file.path} became shorter while it was read: it ends before byte ${offset} of ${file.size}`,
    { cause },
  );
}
