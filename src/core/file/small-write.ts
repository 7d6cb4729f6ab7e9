import { TransferError } from "../errors.ts";
import { encodeFileBasic } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { encodeFileRename } from "../fscc/name-information.ts";
import type { AnyRequestSpec } from "../session/request-spec.ts";
import type { CloseResponse } from "../smb2/close.ts";
import { AccessMask, CreateDisposition, CreateOptions } from "../smb2/constants.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { WriteResponse } from "../smb2/write.ts";
import type { Tree } from "../tree/tree.ts";
import type { FileTime } from "../wire/file-time.ts";
import { CompoundSupport } from "./compound-support.ts";
import { closeQuietly, discardFile } from "./discard-file.ts";
import { closeSpec, writeSpec } from "./file-requests.ts";
import { type OpenOptions, setInfoSpec } from "./open.ts";
import { bodyOf } from "./small-file.ts";
import { writeFully } from "./write-pipeline.ts";

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

/** What `writeSmallFile` is to write. */
export interface SmallWrite {
  /** The final, share-relative path. */
  readonly path: string;
  /** Where it is written first, in the same directory; without it `path` is overwritten in place. */
  readonly temporaryPath?: string | undefined;
  /** All of the file; it must not change before the promise is settled. */
  readonly data: Uint8Array;
  /** Given to the file before it is closed. */
  readonly times?: FileTimes | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes a whole small file in two round trips: CREATE, WRITE and SET_INFO (times) in one frame, then
 * SET_INFO (rename, replacing) and CLOSE in another; in place, all of it in one. The rename waits for
 * the outcome of the WRITE on purpose: after a failed part a server may carry out the next ones
 * ([MS-SMB2] 3.3.5.2.7.2 says only SHOULD), and would put an empty file in the place of a good one.
 * After a failure the temporary file is removed.
 *
 * @throws {NtStatusError} where the server refuses a step
 * @throws {TransferError} where the server did not take all bytes
 */
export async function writeSmallFile(tree: Tree, write: SmallWrite): Promise<void> {
  const support = CompoundSupport.of(tree.session.connection);
  if (support.isRefused) return writePlainly(tree, write);
  try {
    await writeCompound(tree, write);
    support.succeeded();
  } catch (error) {
    if (!support.mayExplain(error)) throw error;
    await writePlainly(tree, write);
    support.refused();
  }
}

async function writeCompound(tree: Tree, write: SmallWrite): Promise<void> {
  const { data, temporaryPath, signal } = write;
  const specs = contentSpecs(tree, write);
  const replies = await tree.compound(specs, { signal });
  const { fileId } = bodyOf<CreateResponse>(replies[0]);
  try {
    for (const reply of replies) bodyOf(reply);
    const { count } = data.length > 0 ? bodyOf<WriteResponse>(replies[1]) : { count: 0 };
    if (count !== data.length) throw incomplete(write, count);
  } catch (error) {
    await giveUp(tree, fileId, temporaryPath);
    throw error;
  }
  if (temporaryPath === undefined) checkSize(write, bodyOf<CloseResponse>(replies.at(-1)));
  else await renameAndClose(tree, fileId, temporaryPath, write);
}

function contentSpecs(tree: Tree, write: SmallWrite): AnyRequestSpec[] {
  const { data, times, temporaryPath } = write;
  const path = temporaryPath ?? write.path;
  const specs: AnyRequestSpec[] = [
    {
      ...tree.createSpec(path, openOptions(write)),
      // Cancelled, and made all the same: nobody but us knows of the file.
      onLateReply: (reply) => {
        void giveUp(tree, (reply.body as CreateResponse).fileId, temporaryPath);
      },
    },
  ];
  if (data.length > 0) specs.push({ ...writeSpec(NO_FILE_ID, 0, data), path });
  if (times !== undefined) {
    const info = encodeFileBasic(times);
    specs.push({ ...setInfoSpec(NO_FILE_ID, FileInformationClass.BASIC, info), path });
  }
  if (temporaryPath === undefined) specs.push({ ...closeSpec(NO_FILE_ID, true), path });
  return specs;
}

function openOptions(write: SmallWrite): OpenOptions {
  const options = CreateOptions.NON_DIRECTORY_FILE;
  return write.temporaryPath === undefined
    ? { access: WRITE_ACCESS, disposition: CreateDisposition.OVERWRITE_IF, options }
    : { access: REPLACE_ACCESS, disposition: CreateDisposition.CREATE, options };
}

async function renameAndClose(
  tree: Tree,
  fileId: Uint8Array,
  temporaryPath: string,
  write: SmallWrite,
): Promise<void> {
  const { path, signal } = write;
  const info = encodeFileRename({ replaceIfExists: true, name: path });
  const specs: AnyRequestSpec[] = [
    { ...setInfoSpec(fileId, FileInformationClass.RENAME, info), path },
    { ...closeSpec(NO_FILE_ID, true), path },
  ];
  let isRenamed = false;
  try {
    const [rename, close] = await tree.compound(specs, { signal });
    bodyOf(rename);
    // From here on the handle is that of the final file, which must not be discarded.
    isRenamed = true;
    checkSize(write, bodyOf<CloseResponse>(close));
  } catch (error) {
    await giveUp(tree, fileId, isRenamed ? undefined : temporaryPath);
    throw error;
  }
}

/** After a failure: removes the temporary file, or only closes the one that was written in place. */
function giveUp(tree: Tree, fileId: Uint8Array, temporaryPath: string | undefined): Promise<void> {
  if (temporaryPath === undefined) return closeQuietly(tree, fileId);
  return discardFile(tree, fileId, temporaryPath);
}

function checkSize(write: SmallWrite, closed: CloseResponse): void {
  // A server may ignore the wish for attributes; the count of the WRITE was right by then.
  if (closed.flags !== 0 && closed.endOfFile !== write.data.length) {
    throw incomplete(write, closed.endOfFile);
  }
}

function incomplete(write: SmallWrite, count: number): TransferError {
  const { path, data } = write;
  return new TransferError(`The server has ${count} instead of ${data.length} bytes of \\${path}`);
}

async function writePlainly(tree: Tree, write: SmallWrite): Promise<void> {
  const { path, temporaryPath, data, times, signal } = write;
  const file = await tree.openFile(temporaryPath ?? path, { ...openOptions(write), signal });
  let isRenamed = false;
  try {
    await writeFully(file, data, 0, signal);
    if (times !== undefined) await file.setBasicInfo(times, { signal });
    if (temporaryPath !== undefined) {
      const info = encodeFileRename({ replaceIfExists: true, name: path });
      await file.setInfo(FileInformationClass.RENAME, info, { signal });
      isRenamed = true;
    }
    const { body } = await tree.request({ ...closeSpec(file.fileId, true), path, signal });
    checkSize(write, body);
  } catch (error) {
    await giveUp(tree, file.fileId, isRenamed ? undefined : temporaryPath);
    throw error;
  }
}
