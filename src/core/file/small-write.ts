import { encodeFileBasic, encodeFileSize } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { AnyRequestSpec, Reply } from "../session/request-spec.ts";
import { isTurnedAway } from "../session/turned-away.ts";
import type { CloseResponse } from "../smb2/close.ts";
import type { CreateResponse } from "../smb2/create.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { WriteResponse } from "../smb2/write.ts";
import type { OpenOptions, TreeConnect } from "../tree/tree-connect.ts";
import { CompoundSupport } from "./compound-support.ts";
import { isInPlace, isToBeEmptied, openDestination } from "./destination.ts";
import { discardPath } from "./discard-file.ts";
import { type FileCharacter, querySecuritySpec, securityOf } from "./file-character.ts";
import { bodyOf, closeSpec, writeSpec } from "./file-requests.ts";
import { renameIntoPlace } from "./final-rename.ts";
import { withGrace } from "./grace.ts";
import { setInfoSpec } from "./open.ts";
import { patiently } from "./patience.ts";
import {
  checkSize,
  completeFile,
  emptyingOptions,
  type FileTimes,
  giveUp,
  isNameTaken,
  isTakenByUs,
  reopenOptions,
  WRITE_ACCESS,
  writeOptions,
} from "./replace-file.ts";
import { lookAtTarget, type Target } from "./replacement-target.ts";
import { type OnTimesRefused, setTimesWherePossible } from "./set-times.ts";
import { isProbablyTaken, noteTaken } from "./taken-names.ts";
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
  /** It is to be compared with the file that it will replace. */
  readonly isCompared?: boolean;
  /** It is there, and is to lose its bytes and nothing else. */
  readonly isEmptied?: boolean;
}

/**
 * Writes a whole small file. A new one takes a single round trip: CREATE (which fails where the name
 * is taken), WRITE, SET_INFO (times) and CLOSE travel in one frame, so that it arrives whole or not
 * at all; should the server refuse a part, the file is removed. Replacing a file takes two more: one
 * frame fills a temporary file and closes it, while another one looks at the old file; only when the
 * server has confirmed all of that, a third one renames it. Where the files before it were replaced, too,
 * the first frame is left out. After a failed part a server may carry out
 * the next ones ([MS-SMB2] 3.3.5.2.7.2 says only SHOULD), and would put an empty file in the place of a
 * good one. A file that would lose something by being replaced is written in place.
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
  const { path, temporaryPath } = write;
  if (temporaryPath === undefined) return writeInPlace(tree, write, undefined);
  // The right to delete is not asked for: a drop box takes files but lets nobody remove them.
  const open = { ...writeOptions(true), access: WRITE_ACCESS };
  const place = { path, open, madePath: path };
  if (!isProbablyTaken(tree, path) && mayBeMadeAtOnce(tree, write, place)) {
    const isNew = await writeWhenFree(tree, write, place).then(
      () => true,
      (error: unknown) => {
        if (isNameTaken(error)) return false;
        throw error;
      },
    );
    if (isNew) return noteTaken(tree, path, false);
  }
  await writeBeside(tree, write, temporaryPath);
}

/** A frame that cannot leave whole could leave a part of the file under its final name. */
function mayBeMadeAtOnce(tree: TreeConnect, write: SmallWrite, place: Place): boolean {
  if (write.data.length > ONE_FRAME_BYTES) return false;
  return tree.session.canSendAtOnce(contentSpecs(tree, write, place));
}

function writeInPlace(
  tree: TreeConnect,
  write: SmallWrite,
  target: Target | undefined,
): Promise<void> {
  const { path } = write;
  const isEmptied = isToBeEmptied(target);
  const open = isEmptied ? emptyingOptions() : writeOptions(false);
  const place = { path, open, madePath: undefined, isEmptied };
  return writeWhenFree(tree, write, place);
}

/** What was deleted keeps its name until the last who has it open closes it. */
async function writeWhenFree(tree: TreeConnect, write: SmallWrite, place: Place): Promise<void> {
  const attempt = (): Promise<FileCharacter> => writeOneFrame(tree, write, place);
  await patiently(tree, [NtStatus.DELETE_PENDING], attempt, { signal: write.signal });
}

/** Writes a temporary file while looking at the one it is to replace, and then gives it its name. */
async function writeBeside(
  tree: TreeConnect,
  write: SmallWrite,
  temporaryPath: string,
): Promise<void> {
  const { path, data, signal } = write;
  const [target, made] = await Promise.allSettled([
    lookAtTarget(tree, path, { signal }),
    writeTemporary(tree, write, temporaryPath),
  ]);
  const discard = async (): Promise<void> => {
    if (made.status === "fulfilled") await discardPath(tree, temporaryPath);
  };
  if (target.status === "rejected") {
    await discard();
    throw target.reason;
  }
  if (isInPlace(target.value, made)) {
    await discard();
    return writeInPlace(tree, write, target.value);
  }
  if (made.status === "rejected") throw made.reason;
  try {
    signal?.throwIfAborted();
    await renameIntoPlace(tree, {
      from: temporaryPath,
      to: path,
      target: target.value,
      character: made.value,
      size: data.length,
      isSparse: false,
      signal,
    });
    noteTaken(tree, path, target.value.kind === "plain");
  } catch (error) {
    await discard();
    throw error;
  }
}

async function writeTemporary(
  tree: TreeConnect,
  write: SmallWrite,
  path: string,
): Promise<FileCharacter> {
  const place = { path, open: writeOptions(true), madePath: path, isCompared: true };
  try {
    return await writeOneFrame(tree, write, place);
  } catch (error) {
    if (!isTakenByUs(tree, error)) throw error;
    return writeOneFrame(tree, write, { ...place, open: reopenOptions() });
  }
}

/**
 * Sends one frame and has every part of it confirmed, or removes what it made. The last part is CLOSE:
 * its answer tells whether the bytes got to their place.
 */
async function writeOneFrame(
  tree: TreeConnect,
  write: SmallWrite,
  place: Place,
): Promise<FileCharacter> {
  const { path, data, signal } = write;
  signal?.throwIfAborted();
  const replies = await tree.compound(contentSpecs(tree, write, place), {
    signal: withGrace(signal),
    isWhole: true,
  });
  const created = bodyOf<CreateResponse>(replies[0]);
  try {
    if (place.madePath !== undefined) signal?.throwIfAborted();
    const security = place.isCompared ? replies.at(-2) : undefined;
    const turnedAway = replies.find(isTurnedAway);
    if (turnedAway !== undefined) throw turnedAway;
    const refusal = place.madePath === undefined ? timesRefusal(write, replies) : undefined;
    if (refusal !== undefined) write.onTimesRefused?.(refusal);
    for (const reply of replies) if (reply !== refusal && reply !== security) bodyOf(reply);
    const written = replies[place.isEmptied ? 2 : 1];
    const { count } = data.length > 0 ? bodyOf<WriteResponse>(written) : { count: 0 };
    checkSize(path, data.length, count);
    const closed = bodyOf<CloseResponse>(replies.at(-1));
    // A server may ignore the wish for attributes; the count of the WRITE was right.
    if (closed.flags !== 0) checkSize(path, data.length, closed.endOfFile);
    const attributes = closed.flags === 0 ? created.fileAttributes : closed.fileAttributes;
    return { attributes, security: securityOf(security) };
  } catch (error) {
    await giveUp(tree, created.fileId, place.madePath);
    throw error;
  }
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
  // Errors name the file by the name that it will have.
  const { data, times, path } = write;
  const create: AnyRequestSpec = {
    ...tree.createSpec(place.path, place.open),
    path,
    // Where it has been carried out already, the name is taken: the callers know what to do then.
    mayReplay: true,
    // Given up, and made all the same: nobody but us knows of the file.
    onLateReply: (reply) => {
      void giveUp(tree, (reply.body as CreateResponse).fileId, place.madePath);
    },
  };
  const specs = [create];
  if (place.isEmptied) {
    const empty = setInfoSpec(NO_FILE_ID, FileInformationClass.END_OF_FILE, encodeFileSize(0));
    specs.push({ ...empty, path });
  }
  if (data.length > 0) specs.push({ ...writeSpec(NO_FILE_ID, 0, data), path });
  if (times !== undefined) {
    const info = encodeFileBasic(times);
    specs.push({ ...setInfoSpec(NO_FILE_ID, FileInformationClass.BASIC, info), path });
  }
  if (place.isCompared) specs.push({ ...querySecuritySpec(NO_FILE_ID), path });
  specs.push({ ...closeSpec(NO_FILE_ID, true), path });
  return specs;
}

/** Goes without compounds. */
async function writePlainly(tree: TreeConnect, write: SmallWrite): Promise<void> {
  const { path, data, times, signal } = write;
  const { temporaryPath: wish } = write;
  const { file, temporaryPath } = await openDestination(
    tree,
    { path, temporaryPath: wish },
    { signal },
  );
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
