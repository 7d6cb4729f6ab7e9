import { type Clock, systemClock } from "../clock.ts";
import { ProtocolError } from "../errors.ts";
import type { WriteMemory } from "../session/write-memory.ts";
import type { File } from "./file.ts";
import { writeSpec } from "./file-requests.ts";
import { withGrace } from "./grace.ts";
import { chunkLimit } from "./read-pipeline.ts";
import { DEFAULT_WINDOW_BYTES, type Piece, slide } from "./sliding-window.ts";
import { WritePace } from "./write-pace.ts";

/** Zeros are looked for in blocks of this size: the usual cluster of a server's sparse files. */
const HOLE_BYTES = 65_536;

/** What to write. */
export interface WritePipelineOptions {
  /** Where the first byte goes; default 0. */
  readonly offset?: number | undefined;
  /** How many bytes to write; without it, until `fetch` has no more. */
  readonly length?: number | undefined;
  /**
   * Fills `buffer` from its start with what belongs at `offset` and returns how many bytes that were;
   * fewer than the buffer holds means the end of the source. Called for one chunk after the other, in
   * order, never twice at once.
   */
  readonly fetch: (buffer: Uint8Array, offset: number) => Promise<number> | number;
  /** Told of each chunk that the server has taken. */
  readonly onWritten?: ((bytes: number, offset: number) => void) | undefined;
  /** Send no blocks of zeros: the file is new and reads as zeros there. */
  readonly skipZeros?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The largest WRITE; 0 or nothing: what the server, the credits and the wire allow. */
  readonly chunkBytes?: number | undefined;
  /** Bytes sent and not yet acknowledged, at most; default 16 MiB. */
  readonly windowBytes?: number | undefined;
  /**
   * What is written must stay a beginning of the source but for one window: nothing is written further
   * than a window beyond the first byte that is missing, and WRITEs under way are waited for when the
   * rest is given up (for three seconds, see `withGrace`), so that it is known what the server has.
   */
  readonly keepsPrefix?: boolean | undefined;
  /** What tells how fast the link is. */
  readonly clock?: Clock | undefined;
}

/** What a write pipeline did. */
export interface WritePipelineResult {
  /** How far the source went: the offset behind its last byte. */
  readonly end: number;
  /** Bytes sent; less than the source where zeros were skipped. */
  readonly sent: number;
}

interface FilledPiece extends Piece {
  readonly buffer: Uint8Array;
  /** Whose memory `buffer` is, where it is not ours. */
  readonly memory: WriteMemory | undefined;
}

/**
 * Writes to an open file with many WRITEs in flight ([MS-SMB2] 3.2.4.7). They are small, and few, until
 * the connection has shown that it is fast. The rest of a short write is sent again. Where a channel
 * lends memory that the server can reach, the source is read right into it. Other buffers are used again
 * and again: no more memory than the window. The first error cancels everything else; when the promise
 * settles, nothing runs any more.
 */
export function writePipeline(
  file: File,
  options: WritePipelineOptions,
): Promise<WritePipelineResult> {
  return new WritePipeline(file, options).run();
}

class WritePipeline {
  readonly #file: File;
  readonly #options: WritePipelineOptions;
  readonly #chunk: () => number;
  readonly #pace: WritePace;
  readonly #free: Uint8Array[] = [];
  #position: number;
  #sent = 0;
  #ended = false;

  constructor(file: File, options: WritePipelineOptions) {
    this.#file = file;
    this.#options = options;
    const pace = WritePace.of(file.tree.session, options.clock ?? systemClock);
    const limit = chunkLimit(file, options.chunkBytes);
    this.#pace = pace;
    this.#chunk = () => pace.chunk(limit());
    this.#position = options.offset ?? 0;
  }

  async run(): Promise<WritePipelineResult> {
    await slide<FilledPiece>({
      next: () => this.#fill(),
      run: (piece, signal) => this.#write(piece, signal),
      windowBytes: () => this.#pace.window(this.#options.windowBytes ?? DEFAULT_WINDOW_BYTES),
      maxPiece: this.#chunk,
      isAnchored: this.#options.keepsPrefix,
      signal: this.#options.signal,
    });
    return { end: this.#position, sent: this.#sent };
  }

  async #fill(): Promise<FilledPiece | undefined> {
    const { length, fetch } = this.#options;
    const start = this.#options.offset ?? 0;
    const left = length === undefined ? Number.POSITIVE_INFINITY : start + length - this.#position;
    const wanted = Math.min(this.#chunk(), left);
    if (this.#ended || wanted <= 0) return undefined;
    const memory = this.#file.tree.lendWriteMemory(wanted);
    const buffer = memory?.bytes ?? this.#take(wanted);
    const offset = this.#position;
    let count = 0;
    try {
      count = await fetch(buffer.subarray(0, wanted), offset);
    } finally {
      if (count === 0) memory?.release();
    }
    this.#position += count;
    this.#ended = count < wanted;
    if (count > 0) return { buffer, memory, offset, length: count };
    if (memory === undefined) this.#free.push(buffer);
    return undefined;
  }

  async #write(piece: FilledPiece, abort: AbortSignal): Promise<void> {
    const { skipZeros, onWritten, keepsPrefix } = this.#options;
    const signal = keepsPrefix === true ? withGrace(abort) : abort;
    const { memory } = piece;
    const data = piece.buffer.subarray(0, piece.length);
    const runs = skipZeros === true ? dataRuns(data) : [{ offset: 0, length: piece.length }];
    try {
      abort.throwIfAborted();
      for (const run of runs) {
        const part = data.subarray(run.offset, run.offset + run.length);
        await this.#send({ data: part, offset: piece.offset + run.offset, memory, signal });
      }
    } finally {
      memory?.release();
    }
    onWritten?.(piece.length, piece.offset);
    // Only a chunk that went well gives its buffer back: a cancelled WRITE may still be on its way out.
    if (memory === undefined) this.#free.push(piece.buffer);
  }

  async #send(part: FullWrite): Promise<void> {
    let taken = 0;
    this.#pace.begin();
    try {
      await writeFully(this.#file, part);
      taken = part.data.length;
    } finally {
      this.#pace.end(taken);
    }
    this.#sent += taken;
  }

  #take(length: number): Uint8Array {
    const buffer = this.#free.pop();
    // Chunks grow while credits come in; a buffer that became too small is given up.
    if (buffer !== undefined && buffer.length >= length) return buffer;
    return new Uint8Array(length);
  }
}

/** What `writeFully` writes. */
export interface FullWrite {
  readonly data: Uint8Array;
  /** Where in the file. */
  readonly offset: number;
  /** Where `data` lie, if that is memory of a channel. */
  readonly memory?: WriteMemory | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sends all of `data`, in as many WRITEs as the server wants. */
export async function writeFully(file: File, write: FullWrite): Promise<void> {
  const { data, offset, memory, signal } = write;
  for (let done = 0; done < data.length; ) {
    const rest = done === 0 ? data : data.subarray(done);
    const spec = writeSpec(file.fileId, offset + done, rest);
    const { body } = await file.tree.request({ ...spec, memory, path: file.path, signal });
    if (body.count === 0 || body.count > rest.length) {
      throw new ProtocolError(
        `A WRITE of ${rest.length} bytes was answered with a count of ${body.count}`,
      );
    }
    done += body.count;
  }
}

/** The parts of `data` that are not blocks of zeros, merged where they touch. */
function dataRuns(data: Uint8Array): Piece[] {
  const runs: { offset: number; length: number }[] = [];
  for (let offset = 0; offset < data.length; offset += HOLE_BYTES) {
    const block = data.subarray(offset, offset + HOLE_BYTES);
    if (isZero(block)) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.offset + last.length === offset) last.length += block.length;
    else runs.push({ offset, length: block.length });
  }
  return runs;
}

const ZEROS = new Uint8Array(HOLE_BYTES);

function isZero(block: Uint8Array): boolean {
  if (block[0] !== 0 || block[block.length - 1] !== 0) return false;
  return Buffer.compare(block, ZEROS.subarray(0, block.length)) === 0;
}
