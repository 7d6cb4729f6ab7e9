import { WireFormatError } from "../errors.ts";
import { FileAttributes } from "../fscc/file-attributes.ts";
import { NtStatus } from "../nt-status.ts";
import { CtlCode } from "../smb2/constants.ts";
import type { CallOptions } from "../tree/tree-connect.ts";
import { Reader } from "../wire/reader.ts";
import { encodeBytes } from "../wire/writer.ts";
import { ioctlSpec, type Open } from "./open.ts";
import type { Piece } from "./sliding-window.ts";

/** One FILE_ALLOCATED_RANGE_BUFFER, in bytes. */
const RANGE_LENGTH = 16;
/** As many ranges as one credit pays for. */
const OUTPUT_LENGTH = 65_536;

/** The data of these files may be elsewhere: what is not allocated is no hole. */
const ELSEWHERE =
  FileAttributes.OFFLINE |
  FileAttributes.RECALL_ON_OPEN |
  FileAttributes.RECALL_ON_DATA_ACCESS |
  FileAttributes.REPARSE_POINT;

/**
 * Whether `queryAllocatedRanges` tells where a file with these FILE_ATTRIBUTE bits has data: only of
 * sparse files whose data are all on the server. What a hierarchical storage has moved away (Azure File
 * Sync, for example) is not allocated either, and reads as what it is.
 */
export function tellsHoles(attributes: number): boolean {
  return (attributes & FileAttributes.SPARSE_FILE) !== 0 && (attributes & ELSEWHERE) === 0;
}

/**
 * The parts of a file that hold data, in order; what lies between reads as zeros ([MS-FSCC] 2.3.51,
 * FSCTL_QUERY_ALLOCATED_RANGES), if `tellsHoles`. Asks again until the server has told all of them.
 *
 * @param size how much of the file to look at, in bytes
 * @throws {NtStatusError} where the server or its file system does not know
 * @throws {WireFormatError} where the list makes no sense, or never ends
 */
export async function* queryAllocatedRanges(
  file: Open,
  size: number,
  options: CallOptions = {},
): AsyncGenerator<Piece> {
  let position = 0;
  while (position < size) {
    const input = encodeBytes(RANGE_LENGTH, (w) => w.u64(position).u64(size - position));
    const reply = await file.request({
      ...ioctlSpec(file.fileId, CtlCode.QUERY_ALLOCATED_RANGES, input, OUTPUT_LENGTH),
      accept: [NtStatus.BUFFER_OVERFLOW],
      signal: options.signal,
    });
    const output = reply.hasBody ? reply.body.output.slice() : new Uint8Array(0);
    const ranges = decodeRanges(output, position, size);
    yield* ranges;
    const isFull = output.length > OUTPUT_LENGTH - RANGE_LENGTH;
    if (reply.status !== NtStatus.BUFFER_OVERFLOW && !isFull) return;
    const last = ranges.at(-1);
    if (last === undefined) {
      throw new WireFormatError("A list of allocated ranges is cut off and does not go on");
    }
    position = last.offset + last.length;
  }
}

/** Clips each range to what was asked for: servers answer in whole clusters. */
function decodeRanges(output: Uint8Array, start: number, size: number): Piece[] {
  const r = new Reader(output);
  const ranges: Piece[] = [];
  let position = start;
  while (r.remaining >= RANGE_LENGTH) {
    const first = r.u64();
    const end = Math.min(first + r.u64(), size);
    const offset = Math.max(first, position);
    if (first < position && position !== start) {
      throw new WireFormatError("The allocated ranges of a file overlap");
    }
    if (end > offset) ranges.push({ offset, length: end - offset });
    position = Math.max(position, end);
  }
  return ranges;
}

/** Lets a file have holes ([MS-FSCC] 2.3.76, FSCTL_SET_SPARSE). */
export async function setSparse(file: Open, options: CallOptions = {}): Promise<void> {
  await file.ioctl(CtlCode.SET_SPARSE, Uint8Array.of(1), 0, options);
}
