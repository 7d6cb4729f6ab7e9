import { encodeFileBasic } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import type { AnyRequestSpec } from "../session/request-spec.ts";
import type { CloseResponse } from "../smb2/close.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { WriteResponse } from "../smb2/write.ts";
import type { TreeConnect } from "../tree/tree-connect.ts";
import { CompoundSupport } from "./compound-support.ts";
import { File } from "./file.ts";
import { bodyOf, closeSpec, writeSpec } from "./file-requests.ts";
import { withGrace } from "./grace.ts";
import { setInfoSpec } from "./open.ts";
import {
  checkSize,
  completeFile,
  createTemporaryFile,
  type FileTimes,
  giveUp,
  renameAndClose,
  writeOptions,
} from "./replace-file.ts";
import { writeFully } from "./write-pipeline.ts";

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
export async function writeSmallFile(tree: TreeConnect, write: SmallWrite): Promise<void> {
  const support = CompoundSupport.of(tree.session.connection);
  if (support.isRefused) return writePlainly(tree, write);
  try {
    await writeCompound(tree, write);
    support.succeeded();
  } catch (error) {
    if (!support.mayExplain(error)) throw error;
    await support.plainly(() => writePlainly(tree, write));
  }
}

async function writeCompound(tree: TreeConnect, write: SmallWrite): Promise<void> {
  const { path, data, temporaryPath, signal } = write;
  const specs = contentSpecs(tree, write);
  signal?.throwIfAborted();
  const replies = await tree.compound(specs, { signal: withGrace(signal) });
  const { fileId } = bodyOf<CreateResponse>(replies[0]);
  try {
    if (temporaryPath !== undefined) signal?.throwIfAborted();
    for (const reply of replies) bodyOf(reply);
    const { count } = data.length > 0 ? bodyOf<WriteResponse>(replies[1]) : { count: 0 };
    checkSize(path, data.length, count);
  } catch (error) {
    await giveUp(tree, fileId, temporaryPath);
    throw error;
  }
  if (temporaryPath !== undefined) {
    const size = data.length;
    return renameAndClose(tree, fileId, { from: temporaryPath, to: path, size, signal });
  }
  const closed = bodyOf<CloseResponse>(replies.at(-1));
  // A server may ignore the wish for attributes; the count of the WRITE was right.
  if (closed.flags !== 0) checkSize(path, data.length, closed.endOfFile);
}

function contentSpecs(tree: TreeConnect, write: SmallWrite): AnyRequestSpec[] {
  const { data, times, temporaryPath } = write;
  const isTemporary = temporaryPath !== undefined;
  const path = temporaryPath ?? write.path;
  const create: AnyRequestSpec = {
    ...tree.createSpec(path, writeOptions(isTemporary)),
    // Given up, and made all the same: nobody but us knows of the file.
    onLateReply: (reply) => {
      void giveUp(tree, (reply.body as CreateResponse).fileId, temporaryPath);
    },
  };
  const specs = [create];
  if (data.length > 0) specs.push({ ...writeSpec(NO_FILE_ID, 0, data), path });
  if (times !== undefined) {
    const info = encodeFileBasic(times);
    specs.push({ ...setInfoSpec(NO_FILE_ID, FileInformationClass.BASIC, info), path });
  }
  if (!isTemporary) specs.push({ ...closeSpec(NO_FILE_ID, true), path });
  return specs;
}

async function writePlainly(tree: TreeConnect, write: SmallWrite): Promise<void> {
  const { path, temporaryPath, data, times, signal } = write;
  const file =
    temporaryPath === undefined
      ? await File.create(tree, path, { ...writeOptions(false), signal })
      : await createTemporaryFile(tree, temporaryPath, { signal });
  try {
    await writeFully(file, data, 0, signal);
  } catch (error) {
    await giveUp(tree, file.fileId, temporaryPath);
    throw error;
  }
  const renameTo = temporaryPath === undefined ? undefined : path;
  await completeFile(file, { renameTo, size: data.length, times, signal });
}
