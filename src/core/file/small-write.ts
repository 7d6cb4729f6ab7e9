import { encodeFileBasic } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { AnyRequestSpec, Reply } from "../session/request-spec.ts";
import { isTurnedAway } from "../session/turned-away.ts";
import type { CloseResponse } from "../smb2/close.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { WriteResponse } from "../smb2/write.ts";
import type { OpenOptions, TreeConnect } from "../tree/tree-connect.ts";
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
  isNameTaken,
  isTakenByUs,
  renameAndClose,
  reopenOptions,
  WRITE_ACCESS,
  writeOptions,
} from "./replace-file.ts";
import { type OnTimesRefused, setTimesWherePossible } from "./set-times.ts";
import { writeFully } from "./write-pipeline.ts";

/** What `writeSmallFile` is to write. */
export interface SmallWrite {
  /** The final, share-relative path. */
  readonly path: string;
  /** Where it is written first should `path` exist; without it `path` is overwritten in place. */
  readonly temporaryPath?: string | undefined;
  /** All of the file; it must not change before the promise is settled. */
  readonly data: Uint8Array;
  /** Given to the file before it is closed. */
  readonly times?: FileTimes | undefined;
  /** Told where a file that is overwritten in place may not be given its times: it is written all the same. */
  readonly onTimesRefused?: OnTimesRefused;
  /** Called before anything that has `path` may be replaced; what it throws ends the write. */
  readonly beforeReplacing?: (() => Promise<void>) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Up to this size a new file is made under its final name at once: one frame holds all of it. */
const ONE_FRAME_BYTES = 64 * 1024;

/** Where the first frame of a small write puts the bytes. */
interface Place {
  readonly path: string;
  readonly open: OpenOptions;
  /** What has to be removed should the write fail; undefined where a file is overwritten in place. */
  readonly madePath: string | undefined;
  /** The file is complete with this frame. */
  readonly isFinal: boolean;
}

/**
 * Writes a whole small file. A new one takes a single round trip: CREATE (which fails where the name
 * is taken), WRITE, SET_INFO (times) and CLOSE travel in one frame, so that it arrives whole or not
 * at all; should the server refuse a part, the file is removed. Replacing a file takes two: the first
 * frame fills a temporary file, and only when the server has confirmed all of it, SET_INFO (rename,
 * replacing) and CLOSE follow. After a failed part a server may carry out the next ones ([MS-SMB2]
 * 3.3.5.2.7.2 says only SHOULD), and would put an empty file in the place of a good one.
 *
 * @throws {NtStatusError} where the server refuses a step
 * @throws {TransferError} where the server did not take all bytes
 */
export async function writeSmallFile(tree: TreeConnect, write: SmallWrite): Promise<void> {
  const support = CompoundSupport.of(tree.session);
  if (support.isRefused) return writePlainly(tree, write);
  try {
    await writeCompound(tree, write);
    support.succeeded();
  } catch (error) {
    // Turned away in a compound, and what it had made is removed: that says nothing about the next one.
    if (isTurnedAway(error)) return writePlainly(tree, write);
    if (!support.mayExplain(error)) throw error;
    await support.plainly(() => writePlainly(tree, write));
  }
}

async function writeCompound(tree: TreeConnect, write: SmallWrite): Promise<void> {
  const { path, data, temporaryPath, signal } = write;
  if (temporaryPath === undefined) {
    await writeOneFrame(tree, write, {
      path,
      open: writeOptions(false),
      madePath: undefined,
      isFinal: true,
    });
    return;
  }
  if (data.length <= ONE_FRAME_BYTES) {
    // The right to delete is not asked for: a drop box takes files but lets nobody remove them.
    const open = { ...writeOptions(true), access: WRITE_ACCESS };
    const isNew = await writeOneFrame(tree, write, {
      path,
      open,
      madePath: path,
      isFinal: true,
    }).then(
      () => true,
      (error: unknown) => {
        if (isNameTaken(error)) return false;
        throw error;
      },
    );
    if (isNew) return;
  }
  await write.beforeReplacing?.();
  const at = { path: temporaryPath, madePath: temporaryPath, isFinal: false };
  const fileId = await writeOneFrame(tree, write, { ...at, open: writeOptions(true) }).catch(
    (error: unknown) => {
      if (!isTakenByUs(tree, error)) throw error;
      return writeOneFrame(tree, write, { ...at, open: reopenOptions() });
    },
  );
  const size = data.length;
  await renameAndClose(tree, fileId, { from: temporaryPath, to: path, size, signal });
}

/** Sends one frame and has every part of it confirmed, or removes what it made. */
async function writeOneFrame(
  tree: TreeConnect,
  write: SmallWrite,
  place: Place,
): Promise<Uint8Array> {
  const { path, data, signal } = write;
  signal?.throwIfAborted();
  const replies = await tree.compound(contentSpecs(tree, write, place), {
    signal: withGrace(signal),
    isWhole: true,
  });
  const { fileId } = bodyOf<CreateResponse>(replies[0]);
  try {
    if (place.madePath !== undefined) signal?.throwIfAborted();
    const refusal = place.madePath === undefined ? timesRefusal(write, replies) : undefined;
    if (refusal !== undefined) write.onTimesRefused?.(refusal);
    for (const reply of replies) if (reply !== refusal) bodyOf(reply);
    const { count } = data.length > 0 ? bodyOf<WriteResponse>(replies[1]) : { count: 0 };
    checkSize(path, data.length, count);
    if (place.isFinal) {
      const closed = bodyOf<CloseResponse>(replies.at(-1));
      // A server may ignore the wish for attributes; the count of the WRITE was right.
      if (closed.flags !== 0) checkSize(path, data.length, closed.endOfFile);
    }
  } catch (error) {
    await giveUp(tree, fileId, place.madePath);
    throw error;
  }
  return fileId;
}

/** SET_INFO stands before the last member, CLOSE, of a frame that is final. */
function timesRefusal(
  { times }: SmallWrite,
  replies: readonly (Reply<unknown> | NtStatusError)[],
): NtStatusError | undefined {
  const reply = times === undefined ? undefined : replies.at(-2);
  return reply instanceof NtStatusError ? reply : undefined;
}

function contentSpecs(tree: TreeConnect, write: SmallWrite, place: Place): AnyRequestSpec[] {
  const { data, times } = write;
  const { path } = place;
  const create: AnyRequestSpec = {
    ...tree.createSpec(path, place.open),
    // Where it has been carried out already, the name is taken: the callers know what to do then.
    mayReplay: true,
    // Given up, and made all the same: nobody but us knows of the file.
    onLateReply: (reply) => {
      void giveUp(tree, (reply.body as CreateResponse).fileId, place.madePath);
    },
  };
  const specs = [create];
  if (data.length > 0) specs.push({ ...writeSpec(NO_FILE_ID, 0, data), path });
  if (times !== undefined) {
    const info = encodeFileBasic(times);
    specs.push({ ...setInfoSpec(NO_FILE_ID, FileInformationClass.BASIC, info), path });
  }
  if (place.isFinal) specs.push({ ...closeSpec(NO_FILE_ID, true), path });
  return specs;
}

async function writePlainly(tree: TreeConnect, write: SmallWrite): Promise<void> {
  const { path, temporaryPath, data, times, signal } = write;
  if (temporaryPath !== undefined) await write.beforeReplacing?.();
  const file =
    temporaryPath === undefined
      ? await File.create(tree, path, { ...writeOptions(false), signal })
      : await createTemporaryFile(tree, temporaryPath, { signal });
  try {
    await writeFully(file, { data, offset: 0, signal });
  } catch (error) {
    await giveUp(tree, file.fileId, temporaryPath);
    throw error;
  }
  const size = data.length;
  if (temporaryPath !== undefined) {
    await completeFile(file, { renameTo: path, size, times, signal });
    return;
  }
  if (times !== undefined) {
    await setTimesWherePossible(file, times, write.onTimesRefused, { signal });
  }
  await completeFile(file, { size, signal });
}
