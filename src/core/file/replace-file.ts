import { TransferError } from "../errors.ts";
import { decodeFileStandard, encodeFileBasic } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { encodeFileRename } from "../fscc/name-information.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { AnyRequestSpec, Reply } from "../session/request-spec.ts";
import type { CloseResponse } from "../smb2/close.ts";
import { AccessMask, CreateDisposition, CreateOptions, InfoType } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { QueryInfoResponse } from "../smb2/query-info.ts";
import type { CallOptions, OpenOptions, TreeConnect } from "../tree/tree-connect.ts";
import type { FileTime } from "../wire/file-time.ts";
import { setSparse } from "./allocated-ranges.ts";
import { CompoundSupport, isCompoundRefusal } from "./compound-support.ts";
import { closeQuietly, discardFile } from "./discard-file.ts";
import { File } from "./file.ts";
import { bodyOf, closeSpec } from "./file-requests.ts";
import { withGrace } from "./grace.ts";
import { queryInfoSpec, setInfoSpec } from "./open.ts";
import { withHandle } from "./with-handle.ts";

/** What is needed to write a file in place and to set its times. */
export const WRITE_ACCESS: number =
  AccessMask.WRITE_DATA | AccessMask.READ_ATTRIBUTES | AccessMask.WRITE_ATTRIBUTES;
/** What is needed to write a file under a temporary name, and to rename or remove it. */
export const REPLACE_ACCESS: number = WRITE_ACCESS | AccessMask.DELETE;

/** Times to give a file; what is left out stays as the server sets it. */
export interface FileTimes {
  readonly creationTime?: FileTime;
  readonly lastAccessTime?: FileTime;
  readonly lastWriteTime?: FileTime;
}

/**
 * Whether a temporary name is taken by ourselves: a CREATE made the file, its channel died, and the
 * CREATE was sent again on another one. The file may then be opened and written from its start.
 */
export function isTakenByUs(tree: TreeConnect, error: unknown): boolean {
  return isNameTaken(error) && tree.session.hasLostChannel;
}

export function isNameTaken(error: unknown): boolean {
  return error instanceof NtStatusError && error.status === NtStatus.OBJECT_NAME_COLLISION;
}

/** How to open a file that is to be written from its start. */
export function writeOptions(isTemporary: boolean): OpenOptions {
  const options = CreateOptions.NON_DIRECTORY_FILE;
  return isTemporary
    ? { access: REPLACE_ACCESS, disposition: CreateDisposition.CREATE, options }
    : { access: WRITE_ACCESS, disposition: CreateDisposition.OVERWRITE_IF, options };
}

/** How to open a temporary file of ours that is there already. */
export function reopenOptions(): OpenOptions {
  return { ...writeOptions(true), disposition: CreateDisposition.OVERWRITE_IF };
}

/**
 * Makes a new file that will take another one's place. Should `signal` abort while the server makes
 * it, it is removed again before the promise rejects.
 */
export async function createTemporaryFile(
  tree: TreeConnect,
  path: string,
  options: CallOptions = {},
): Promise<File> {
  const { signal } = options;
  signal?.throwIfAborted();
  const create = (open: OpenOptions): Promise<Reply<CreateResponse>> =>
    tree.request({
      ...tree.createSpec(path, open),
      mayReplay: true,
      signal: withGrace(signal),
      onLateReply: (reply) => {
        void discardFile(tree, reply.body.fileId, path);
      },
    });
  const { body } = await create(writeOptions(true)).catch((error: unknown) => {
    if (isTakenByUs(tree, error)) return create(reopenOptions());
    throw error;
  });
  if (signal?.aborted === true) {
    await discardFile(tree, body.fileId, path);
    throw signal.reason;
  }
  return new File(tree, path, body);
}

/** How a written file is finished. */
export interface Completion {
  /** The name that a temporary file gets, replacing what has it; without it the file keeps its own. */
  readonly renameTo?: string | undefined;
  /** How large the file must be now, in bytes. */
  readonly size: number;
  readonly times?: FileTimes | undefined;
  /** It was written with holes: it stays marked as sparse. */
  readonly hasHoles?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Ends the writing of a file: sets its times, has the server say how large it is and only then gives
 * it its name and closes it. Whatever fails, the handle is given up: a temporary file is removed.
 *
 * @throws {TransferError} where the server has not exactly `size` bytes
 */
export async function completeFile(file: File, completion: Completion): Promise<void> {
  const { size, times, renameTo, signal } = completion;
  const { tree, fileId, path } = file;
  const specs: AnyRequestSpec[] = [];
  if (times !== undefined) {
    specs.push(setInfoSpec(fileId, FileInformationClass.BASIC, encodeFileBasic(times)));
  }
  specs.push(queryInfoSpec(fileId, InfoType.FILE, FileInformationClass.STANDARD));
  try {
    const replies = await together(tree, specs, path, signal);
    const { outputBuffer } = bodyOf<QueryInfoResponse>(replies.at(-1));
    checkSize(renameTo ?? path, size, decodeFileStandard(outputBuffer).size);
  } catch (error) {
    await giveUp(tree, fileId, renameTo === undefined ? undefined : path);
    throw error;
  }
  if (renameTo === undefined) {
    await file.close({ signal });
    return;
  }
  const beforeClose = completion.hasHoles === true ? () => markSparse(file, signal) : undefined;
  await renameAndClose(tree, fileId, { from: path, to: renameTo, size, beforeClose, signal });
}

/** Samba forgets the mark when it renames a file; without it nobody asks for the holes. */
async function markSparse(file: File, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setSparse(file, { signal });
  } catch (error) {
    if (!(error instanceof NtStatusError)) throw error;
  }
}

/** A rename of a file that is open and whole. */
export interface FinalRename {
  /** Its temporary, share-relative path. */
  readonly from: string;
  readonly to: string;
  readonly size: number;
  /** Done when it has its name and is still open. */
  readonly beforeClose?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives an open file its final name, replacing what has it, and closes it, in one frame. Where that
 * fails the temporary file is removed.
 */
export async function renameAndClose(
  tree: TreeConnect,
  fileId: Uint8Array,
  rename: FinalRename,
): Promise<void> {
  const { from, to, size, beforeClose } = rename;
  // Whether the file got its name must be known: only then is it clear what to remove.
  const signal = withGrace(rename.signal);
  const info = encodeFileRename({ replaceIfExists: true, name: to });
  const specs: AnyRequestSpec[] = [setInfoSpec(fileId, FileInformationClass.RENAME, info)];
  if (beforeClose === undefined) specs.push(closeSpec(fileId, true));
  let isRenamed = false;
  try {
    const replies = await together(tree, specs, to, signal, () => {
      // From here on the handle is that of the final file, which must not be discarded.
      isRenamed = true;
    });
    await beforeClose?.();
    const close =
      replies[1] ?? (await tree.request({ ...closeSpec(fileId, true), path: to, signal }));
    const closed = bodyOf<CloseResponse>(close);
    // A server may ignore the wish for attributes; the size was right before.
    if (closed.flags !== 0) checkSize(to, size, closed.endOfFile);
  } catch (error) {
    if (!isRenamed && (await wasRenamed(tree, rename, error))) return;
    await giveUp(tree, fileId, isRenamed ? undefined : from);
    throw error;
  }
}

/**
 * A frame that renamed the file and closed it may have been carried out although its channel died
 * before the answer: then the handle is closed when it is sent again, and only the names tell what
 * came of it.
 */
async function wasRenamed(
  tree: TreeConnect,
  { from, to, size, signal }: FinalRename,
  error: unknown,
): Promise<boolean> {
  const isClosed = error instanceof NtStatusError && error.status === NtStatus.FILE_CLOSED;
  if (!isClosed || !tree.session.hasLostChannel) return false;
  const temporary = await sizeOf(tree, from, signal);
  return temporary === undefined && (await sizeOf(tree, to, signal)) === size;
}

/** Undefined where there is no such file. */
async function sizeOf(
  tree: TreeConnect,
  path: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const query = queryInfoSpec(NO_FILE_ID, InfoType.FILE, FileInformationClass.STANDARD);
  const open = { access: AccessMask.READ_ATTRIBUTES, signal };
  const found = await withHandle(tree, path, open, query).catch((error: unknown) => {
    if (error instanceof NtStatusError && error.status === NtStatus.OBJECT_NAME_NOT_FOUND)
      return undefined;
    throw error;
  });
  return found === undefined ? undefined : decodeFileStandard(found.body.outputBuffer).size;
}

/** After a failure: removes the temporary file, or only closes the one that was written in place. */
export function giveUp(
  tree: TreeConnect,
  fileId: Uint8Array,
  temporaryPath: string | undefined,
): Promise<void> {
  if (temporaryPath === undefined) return closeQuietly(tree, fileId);
  return discardFile(tree, fileId, temporaryPath);
}

/** @throws {TransferError} where a file has another size on the server than it must have */
export function checkSize(path: string, expected: number, actual: number): void {
  if (actual === expected) return;
  throw new TransferError(`The server has ${actual} instead of ${expected} bytes of \\${path}`);
}

/**
 * Sends requests about one handle in one frame, or one after the other where the server cannot do
 * that. `onFirst` is called when the first one went well, even if a later one does not.
 */
async function together(
  tree: TreeConnect,
  specs: readonly AnyRequestSpec[],
  path: string,
  signal: AbortSignal | undefined,
  onFirst?: () => void,
): Promise<Reply<unknown>[]> {
  const support = CompoundSupport.of(tree.session);
  const named = specs.map((spec) => ({ ...spec, path }));
  // Should one of several channels die, each of them can be sent again, but not all together: nobody
  // could tell what came of a rename whose handle is closed.
  const isApart = support.isRefused || tree.session.isMultichannel;
  const answers = isApart ? [] : await tree.compound(named, { signal });
  const replies: Reply<unknown>[] = [];
  for (const [index, spec] of named.entries()) {
    const answer = answers[index];
    // ksmbd (Linux 7.3) does most compounds, but no CLOSE behind a SET_INFO: it lacks the session then.
    const isFrames = index === 0 ? support.mayExplain(answer) : isCompoundRefusal(answer);
    const isUsable = answer !== undefined && !isFrames;
    if (isUsable && answer instanceof NtStatusError) throw answer;
    replies.push(isUsable ? (answer as Reply<unknown>) : await tree.request({ ...spec, signal }));
    if (index === 0) onFirst?.();
  }
  return replies;
}
