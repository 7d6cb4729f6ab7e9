import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  futimesSync,
  openSync,
  unlinkSync,
} from "node:fs";
import {
  AccessMask,
  CreateDisposition,
  closeQuietly,
  completeFile,
  READ_ACCESS,
  type File as RemoteFile,
  readPipeline,
  TransferError,
  WRITE_ACCESS,
  writePipeline,
} from "../../core/index.ts";
import { Contiguous } from "./contiguous.ts";
import type { TransferEnvironment } from "./environment.ts";
import { InOrder } from "./in-order.ts";
import { WINDOW_BYTES } from "./limits.ts";
import { readAll, writeAll } from "./local-io.ts";
import type { FileProgress } from "./progress.ts";
import { localTimes, remoteTimes } from "./times.ts";

/** How much of what is there already is compared before it is trusted. */
const TAIL_BYTES = 65_536;
/** How long putting a broken-off upload in order may take, in milliseconds. */
const TIDY_TIMEOUT_MS = 3000;

/** What a resumed transfer did, in bytes. */
export interface Resumed {
  /** The whole file. */
  readonly size: number;
  /** What was still missing. */
  readonly bytes: number;
}

/**
 * Goes on with a download at the end of the local file (`reget`), in place and in order: whatever
 * happens, the local file is a beginning of the remote one and can be resumed again. The last 64 KiB
 * of what is there are compared first.
 *
 * @throws {TransferError} where the local file is no beginning of the remote one; it stays as it is
 */
export async function resumeDownload(
  env: TransferEnvironment,
  remotePath: string,
  localPath: string,
  progress: FileProgress,
): Promise<Resumed> {
  const { tree, signal } = env;
  const file = await tree.openFile(remotePath, { access: READ_ACCESS, signal });
  const isNew = !existsSync(localPath);
  let fd: number | undefined;
  let received = 0;
  try {
    fd = openSync(localPath, constants.O_RDWR | constants.O_CREAT, 0o666);
    const start = localStart(fd, localPath, file);
    await compareTail(env, file, fd, start, localPath);
    progress.expect(file.size);
    progress.advance(start);
    received = await appendRest(env, file, fd, start, progress);
    const times = env.settings.keepTimes ? localTimes(file.created) : undefined;
    if (times !== undefined) futimesSync(fd, times.accessMs / 1000, times.modifyMs / 1000);
    return { size: file.size, bytes: received };
  } finally {
    if (fd !== undefined) endLocal(fd, localPath, isNew && file.size > 0);
    await closeQuietly(tree, file.fileId);
  }
}

/** Where to go on: the end of the local file. */
function localStart(fd: number, localPath: string, file: RemoteFile): number {
  const stats = fstatSync(fd);
  if (!stats.isFile())
    throw new TransferError(`${localPath} is no regular file: it cannot be resumed`);
  if (stats.size > file.size) {
    throw new TransferError(
      `${localPath} has ${stats.size} bytes, more than the ${file.size} of \\${file.path}: not resumed`,
    );
  }
  return stats.size;
}

async function appendRest(
  env: TransferEnvironment,
  file: RemoteFile,
  fd: number,
  start: number,
  progress: FileProgress,
): Promise<number> {
  let position = start;
  const order = new InOrder(start, async (data) => {
    await writeAll(fd, data, position);
    position += data.length;
    progress.advance(data.length);
  });
  await readPipeline(file, {
    ranges: [{ offset: start, length: file.size - start }],
    place: (data, offset, signal) => order.write(data, offset, signal),
    signal: env.signal,
    chunkBytes: env.settings.ioSize,
    windowBytes: WINDOW_BYTES,
  });
  const { size } = fstatSync(fd);
  if (size !== file.size) {
    throw new TransferError(`The local file has ${size} bytes instead of ${file.size}`);
  }
  return position - start;
}

/** An empty file that only we made tells nobody anything. */
function endLocal(fd: number, localPath: string, mayRemove: boolean): void {
  const isEmpty = fstatSync(fd).size === 0;
  closeSync(fd);
  if (mayRemove && isEmpty) unlinkSync(localPath);
}

/**
 * Goes on with an upload at the end of the remote file (`reput`), in place. The last 64 KiB of what
 * is there are compared first. If it breaks off, the remote file is cut back to what arrived without
 * a gap, where the server can still be reached.
 *
 * @throws {TransferError} where the remote file is no beginning of the local one; it stays as it is
 */
export async function resumeUpload(
  env: TransferEnvironment,
  localPath: string,
  remotePath: string,
  progress: FileProgress,
): Promise<Resumed> {
  const fd = openSync(localPath, constants.O_RDONLY);
  try {
    const stats = fstatSync(fd, { bigint: true });
    const size = Number(stats.size);
    const file = await env.tree.openFile(remotePath, {
      access: WRITE_ACCESS | AccessMask.READ_DATA,
      disposition: CreateDisposition.OPEN_IF,
      signal: env.signal,
    });
    try {
      await checkRemoteStart(env, file, fd, size, localPath);
      progress.advance(file.size);
      await sendRest(env, file, fd, size, progress);
    } catch (error) {
      await closeQuietly(env.tree, file.fileId);
      throw error;
    }
    const times = env.settings.keepTimes ? remoteTimes(stats) : undefined;
    await completeFile(file, { size, times, signal: env.signal });
    return { size, bytes: size - file.size };
  } finally {
    closeSync(fd);
  }
}

async function checkRemoteStart(
  env: TransferEnvironment,
  file: RemoteFile,
  fd: number,
  size: number,
  localPath: string,
): Promise<void> {
  if (file.size > size) {
    throw new TransferError(
      `\\${file.path} has ${file.size} bytes, more than the ${size} of ${localPath}: not resumed`,
    );
  }
  await compareTail(env, file, fd, file.size, localPath);
}

async function sendRest(
  env: TransferEnvironment,
  file: RemoteFile,
  fd: number,
  size: number,
  progress: FileProgress,
): Promise<void> {
  const arrived = new Contiguous(file.size);
  try {
    const { end } = await writePipeline(file, {
      offset: file.size,
      length: size - file.size,
      fetch: (buffer, offset) => readAll(fd, buffer, offset),
      onWritten: (bytes, offset) => {
        arrived.add(offset, bytes);
        progress.advance(bytes);
      },
      signal: env.signal,
      chunkBytes: env.settings.ioSize,
      windowBytes: WINDOW_BYTES,
    });
    if (end !== size || fstatSync(fd).size !== size) {
      throw new TransferError("The local file changed its size while it was sent");
    }
  } catch (error) {
    const signal = AbortSignal.timeout(TIDY_TIMEOUT_MS);
    // Later chunks may have arrived before earlier ones: a gap would look like data to the next reput.
    await file.setEndOfFile(arrived.end, { signal }).catch(() => {});
    throw error;
  }
}

/** @throws {TransferError} where the bytes before `end` differ between the two files */
async function compareTail(
  env: TransferEnvironment,
  file: RemoteFile,
  fd: number,
  end: number,
  localPath: string,
): Promise<void> {
  const length = Math.min(end, TAIL_BYTES);
  if (length === 0) return;
  const offset = end - length;
  const remote = new Uint8Array(length);
  await readPipeline(file, {
    ranges: [{ offset, length }],
    place: (data, at) => remote.set(data, at - offset),
    signal: env.signal,
  });
  const local = new Uint8Array(length);
  const count = await readAll(fd, local, offset);
  if (count === length && Buffer.compare(local, remote) === 0) return;
  throw new TransferError(
    `The ${length} bytes before byte ${end} of ${localPath} and of \\${file.path} differ: not resumed, nothing was changed`,
  );
}
