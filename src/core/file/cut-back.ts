import { AccessMask } from "../smb2/constants.ts";
import { closeQuietly } from "./discard-file.ts";
import { File } from "./file.ts";

/** How long it may take, in milliseconds, when all else was cancelled. */
const CUT_TIMEOUT_MS = 3000;

/**
 * Closes a file that was being written in place, so that it ends at `end` at the latest: what lies
 * behind has gaps. A WRITE may still be under way on another channel, or in the server, and land after
 * the size was set; none can after CLOSE was answered. Should the file be longer by then, it is opened
 * again and cut. Never rejects.
 *
 * @param end in bytes
 * @returns whether the file is known to end there; false where the server could not be asked
 */
export async function cutBack(file: File, end: number): Promise<boolean> {
  const signal = AbortSignal.timeout(CUT_TIMEOUT_MS);
  try {
    const isCut = await file.setEndOfFile(end, { signal }).then(
      () => true,
      () => false,
    );
    const closed = await file.close({ postQuery: true, signal });
    if (closed !== undefined && closed.flags !== 0 && closed.endOfFile <= end) return true;
    if (closed?.flags === 0 && isCut && !file.tree.session.isMultichannel) return true;
    return await cutAgain(file, end, signal);
  } catch {
    await closeQuietly(file.tree, file.fileId);
    return false;
  }
}

/** The handle is closed: nothing writes through it any more. */
async function cutAgain(file: File, end: number, signal: AbortSignal): Promise<boolean> {
  const { tree, path, created } = file;
  const access = AccessMask.WRITE_DATA | AccessMask.READ_ATTRIBUTES;
  const again = await File.create(tree, path, { access, signal });
  try {
    // Another file may have taken the name.
    if (again.created.creationTime !== created.creationTime) return false;
    if (again.size > end) await again.setEndOfFile(end, { signal });
    return true;
  } finally {
    await closeQuietly(tree, again.fileId);
  }
}
