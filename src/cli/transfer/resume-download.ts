import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  unlinkSync,
} from "node:fs";
import {
  closeQuietly,
  READ_ACCESS,
  type File as RemoteFile,
  readPipeline,
  TransferError,
} from "../../core/index.ts";
import { whereToContinue } from "./compare.ts";
import type { TransferEnvironment } from "./environment.ts";
import { InOrder } from "./in-order.ts";
import { WINDOW_BYTES } from "./limits.ts";
import { writeAll } from "./local-io.ts";
import type { FileProgress } from "./progress.ts";
import { expectUnchanged } from "./source-changed.ts";
import { localTimes, setLocalTimes } from "./times.ts";

/** What a resumed transfer did, in bytes. */
export interface Resumed {
  /** The whole file. */
  readonly size: number;
  /** What was still missing. */
  readonly bytes: number;
}

/**
 * Goes on with a download at the end of the local file (`reget`), in place and in order: whatever
 * happens, the local file is a beginning of the remote one and can be resumed again. What is there is
 * compared first; see `whereToContinue`.
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
    const end = localEnd(fd, localPath, file);
    const start = await whereToContinue(env, { file, fd, localPath, end, continues: "local" });
    if (start < end) ftruncateSync(fd, start);
    progress.expect(file.size);
    progress.skip(start);
    received = await appendRest(env, file, fd, start, progress);
    const { created } = file;
    const closed = await file.close({ postQuery: true, signal });
    await expectUnchanged(tree, remotePath, { created, closed }, signal).catch((error: unknown) => {
      ftruncateSync(fd as number, start);
      throw error;
    });
    const times = env.settings.keepTimes ? localTimes(file.created) : undefined;
    const refused = times === undefined ? undefined : setLocalTimes(fd, times);
    if (refused !== undefined) env.onNotice?.(`${localPath} was not given its times: ${refused}`);
    return { size: file.size, bytes: received };
  } finally {
    if (fd !== undefined) endLocal(fd, localPath, isNew && file.size > 0);
    await closeQuietly(tree, file.fileId);
  }
}

/** How much of it is there. */
function localEnd(fd: number, localPath: string, file: RemoteFile): number {
  const stats = fstatSync(fd);
  if (!stats.isFile())
    throw new TransferError(`${localPath} is not a regular file: it cannot be resumed`);
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
  let received = 0;
  const order = new InOrder(start, async (data, offset) => {
    await writeAll(fd, data, offset);
    received += data.length;
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
  return received;
}

/** An empty file that only we made is of no use. */
function endLocal(fd: number, localPath: string, mayRemove: boolean): void {
  const isEmpty = fstatSync(fd).size === 0;
  closeSync(fd);
  if (mayRemove && isEmpty) unlinkSync(localPath);
}
