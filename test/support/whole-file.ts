import type { File } from "../../src/core/file/file.ts";
import { readPipeline } from "../../src/core/file/read-pipeline.ts";
import { writePipeline } from "../../src/core/file/write-pipeline.ts";

/** Told how many bytes have come by so far, in whatever order. */
type OnPiece = (done: number) => void;

/** Writes `bytes` from the beginning of `file`, as transfers do. */
export async function writeWhole(
  file: File,
  bytes: Uint8Array,
  onPiece: OnPiece = () => {},
): Promise<void> {
  let done = 0;
  await writePipeline(file, {
    fetch: (buffer, offset) => {
      const piece = bytes.subarray(offset, offset + buffer.length);
      buffer.set(piece);
      done += piece.length;
      onPiece(done);
      return piece.length;
    },
  });
}

/** Reads the first `size` bytes of `file`, as transfers do. */
export async function readWhole(
  file: File,
  size: number,
  onPiece: OnPiece = () => {},
): Promise<Uint8Array> {
  const whole = new Uint8Array(size);
  let done = 0;
  await readPipeline(file, {
    ranges: [{ offset: 0, length: size }],
    place: (data, offset) => {
      whole.set(data, offset);
      done += data.length;
      onPiece(done);
    },
  });
  return whole;
}
