import { encodeFileDisposition } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { CreateOptions } from "../smb2/constants.ts";
import type { TreeConnect } from "../tree/tree-connect.ts";
import { closeSpec } from "./file-requests.ts";
import { setInfoSpec } from "./open.ts";
import { removePath } from "./with-handle.ts";

/** How long cleaning up may take, in milliseconds, when all else was cancelled. */
const DISCARD_TIMEOUT_MS = 3000;

/**
 * Removes an unfinished file that we made and may still hold open, by its handle or, where a server
 * has closed that already, by its name. Best effort, also while everything else is being cancelled:
 * it gives up after three seconds and never rejects. Where the connection is gone the file stays.
 */
export async function discardFile(
  tree: TreeConnect,
  fileId: Uint8Array,
  path: string,
): Promise<void> {
  const signal = AbortSignal.timeout(DISCARD_TIMEOUT_MS);
  const info = encodeFileDisposition(true);
  const mark = setInfoSpec(fileId, FileInformationClass.DISPOSITION, info);
  try {
    const isMarked = await succeeds(tree.request({ ...mark, path, signal }));
    // Opened without the right to delete it: its name would stay taken as long as it is open.
    const isClosed = await succeeds(tree.request({ ...closeSpec(fileId, false), path, signal }));
    if (isMarked && isClosed) return;
    await removePath(tree, path, CreateOptions.NON_DIRECTORY_FILE, { signal });
  } catch {
    // Best effort.
  }
}

/** False where the server refuses; throws where nothing more can be asked of it. */
async function succeeds(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof NtStatusError) return false;
    throw error;
  }
}

/** The same by its name alone, where it is closed. */
export async function discardPath(tree: TreeConnect, path: string): Promise<void> {
  const signal = AbortSignal.timeout(DISCARD_TIMEOUT_MS);
  await removePath(tree, path, CreateOptions.NON_DIRECTORY_FILE, { signal }).catch(() => {});
}

/** Closes an open file that nobody needs any more. Gives up after three seconds; never rejects. */
export async function closeQuietly(tree: TreeConnect, fileId: Uint8Array): Promise<void> {
  const signal = AbortSignal.timeout(DISCARD_TIMEOUT_MS);
  // It is closed already, or the connection is gone: both are what we wanted.
  await tree.request({ ...closeSpec(fileId, false), signal }).catch(() => {});
}
