import {
  AccessMask,
  CreateDisposition,
  closeQuietly,
  type File as RemoteFile,
  TransferError,
  WRITE_ACCESS,
} from "../../core/index.ts";
import { whereToContinue } from "./compare.ts";
import type { TransferEnvironment } from "./environment.ts";
import { completeInPlace } from "./in-place.ts";
import { WINDOW_BYTES } from "./limits.ts";
import type { LocalSource } from "./local-source.ts";
import { PrefixWriter } from "./prefix-writer.ts";
import type { FileProgress } from "./progress.ts";
import type { Resumed } from "./resume-download.ts";
import { SourceChanged } from "./source-changed.ts";
import { remoteTimes } from "./times.ts";

/**
 * Goes on with an upload at the end of the remote file (`reput`), in place. What is there is compared
 * first; see `whereToContinue`. If it breaks off, the remote file is cut back to what arrived without a
 * gap, where the server can still be reached.
 *
 * @throws {TransferError} where the remote file is no beginning of the local one, which stays as it is;
 *   or the local one is not a regular file
 */
export async function resumeUpload(
  env: TransferEnvironment,
  source: LocalSource,
  remotePath: string,
  progress: FileProgress,
): Promise<Resumed> {
  const { size } = source;
  if (size === undefined) throw notResumable(source.path);
  const file = await env.tree.openFile(remotePath, {
    access: WRITE_ACCESS | AccessMask.READ_DATA,
    disposition: CreateDisposition.OPEN_IF,
    signal: env.signal,
  });
  const start = await remoteStart(env, file, source, size).catch(async (error: unknown) => {
    await closeQuietly(env.tree, file.fileId);
    throw error;
  });
  progress.expect(size);
  progress.skip(start);
  await sendRest(env, { file, source, start, size }, progress);
  const times = env.settings.keepTimes ? remoteTimes(source.stats) : undefined;
  await completeInPlace(env, file, { size, times, signal: env.signal });
  return { size, bytes: size - start };
}

/** Says why `path`, a pipe or a device, cannot be continued. */
export function notResumable(path: string): TransferError {
  const name = path === "-" ? "Standard input" : path;
  return new TransferError(
    `${name} is not a regular file with a size: reput cannot continue from it, put stores it from its start`,
  );
}

async function remoteStart(
  env: TransferEnvironment,
  file: RemoteFile,
  source: LocalSource,
  size: number,
): Promise<number> {
  const { path: localPath, fd } = source;
  if (file.size > size) {
    throw new TransferError(
      `\\${file.path} has ${file.size} bytes, more than the ${size} of ${localPath}: not resumed`,
    );
  }
  const end = file.size;
  const start = await whereToContinue(env, { file, fd, localPath, end, continues: "remote" });
  if (start < end) await file.setEndOfFile(start, { signal: env.signal });
  return start;
}

/** What is to be sent, and where to. */
interface Rest {
  readonly file: RemoteFile;
  readonly source: LocalSource;
  readonly start: number;
  readonly size: number;
}

async function sendRest(
  env: TransferEnvironment,
  { file, source, start, size }: Rest,
  progress: FileProgress,
): Promise<void> {
  const writer = new PrefixWriter(file, start);
  try {
    const { end } = await writer.write({
      length: size - start,
      fetch: (buffer, offset) => source.fetch(buffer, offset, env.signal),
      onWritten: (bytes) => progress.advance(bytes),
      signal: env.signal,
      chunkBytes: env.settings.ioSize,
      windowBytes: WINDOW_BYTES,
    });
    source.expectUnchanged(end);
  } catch (error) {
    // What was added may be of another version than what was there.
    await writer.cutBack(error instanceof SourceChanged ? start : undefined);
    throw error;
  }
}
