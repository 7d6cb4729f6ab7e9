import { TransferError } from "../errors.ts";
import { FileAttributes } from "../fscc/file-attributes.ts";
import { decodeFileStandard, encodeFileBasic } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { type Result, sendOneByOne } from "../session/one-by-one.ts";
import type { AnyRequestSpec, Reply } from "../session/request-spec.ts";
import { isTurnedAway } from "../session/turned-away.ts";
import type { CloseResponse } from "../smb2/close.ts";
import { AccessMask, CreateDisposition, CreateOptions, InfoType } from "../smb2/constants.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { QueryInfoResponse } from "../smb2/query-info.ts";
import type { OpenOptions, TreeConnect } from "../tree/tree-connect.ts";
import type { FileTime } from "../wire/file-time.ts";
import { CompoundSupport, isCompoundRefusal } from "./compound-support.ts";
import { closeQuietly, discardFile } from "./discard-file.ts";
import { File } from "./file.ts";
import { type FileCharacter, querySecuritySpec, securityOf } from "./file-character.ts";
import { bodyOf, closeSpec } from "./file-requests.ts";
import { renameIntoPlace } from "./final-rename.ts";
import { withGrace } from "./grace.ts";
import { queryInfoSpec, setInfoSpec } from "./open.ts";
import { lookAtTarget, type Target } from "./replacement-target.ts";
import { onHandle } from "./with-handle.ts";

/** What is needed to write a file in place and to set its times. */
export const WRITE_ACCESS: number =
  AccessMask.WRITE_DATA | AccessMask.READ_ATTRIBUTES | AccessMask.WRITE_ATTRIBUTES;
/** What is needed to write a file under a temporary name, to compare it with another, and to remove it. */
export const REPLACE_ACCESS: number = WRITE_ACCESS | AccessMask.DELETE | AccessMask.READ_CONTROL;

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

/** How to open a file that is to be written from its start once it is empty, and keeps all else. */
export function emptyingOptions(): OpenOptions {
  return { ...writeOptions(false), disposition: CreateDisposition.OPEN };
}

/** How to open a temporary file of ours that is there already. */
export function reopenOptions(): OpenOptions {
  return { ...writeOptions(true), disposition: CreateDisposition.OVERWRITE_IF };
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
 * Ends the writing of a file: sets its times, has the server say how large it is, and closes it. Only
 * when the server has confirmed all that, and so the fate of the bytes is known, a temporary file gets
 * its final name. Whatever fails, the handle is given up: a temporary file is removed.
 *
 * @throws {TransferError} where the server has not exactly `size` bytes
 * @throws {NtStatusError} where it refuses a step: DISK_FULL may come as late as from CLOSE
 */
export async function completeFile(file: File, completion: Completion): Promise<void> {
  const { renameTo, signal } = completion;
  const { tree, fileId, path } = file;
  if (renameTo === undefined) {
    try {
      await settle(file, completion);
    } catch (error) {
      await closeQuietly(tree, fileId);
      throw error;
    }
    return;
  }
  const looking = lookAtTarget(tree, renameTo, { signal });
  // What the file itself has to say comes first.
  looking.catch(() => {});
  try {
    const character = await settle(file, completion);
    const target = await looking;
    await renameIntoPlace(tree, {
      from: path,
      to: renameTo,
      target,
      character,
      size: completion.size,
      isSparse: completion.hasHoles === true || isSparse(target),
      signal,
    });
  } catch (error) {
    await discardFile(tree, fileId, path);
    throw error;
  }
}

function isSparse(target: Target): boolean {
  return target.kind === "plain" && (target.attributes & FileAttributes.SPARSE_FILE) !== 0;
}

/** Sets times, has the size confirmed, and closes the file, in one frame where the server does that. */
async function settle(file: File, completion: Completion): Promise<FileCharacter> {
  const { fileId } = file;
  const { times, size, renameTo } = completion;
  const specs: AnyRequestSpec[] = [];
  if (times !== undefined)
    specs.push(setInfoSpec(fileId, FileInformationClass.BASIC, encodeFileBasic(times)));
  const isTimed = specs.length > 0;
  specs.push(queryInfoSpec(fileId, InfoType.FILE, FileInformationClass.STANDARD));
  if (renameTo !== undefined) specs.push(querySecuritySpec(fileId));
  const name = renameTo ?? file.path;
  const { results, closed } = await finish(file, specs, name, completion.signal);
  const timed = isTimed ? results.shift() : undefined;
  if (timed instanceof NtStatusError) throw timed;
  const standard = bodyOf<QueryInfoResponse>(results[0]);
  checkSize(name, size, decodeFileStandard(standard.outputBuffer).size);
  const security = securityOf(results[1]);
  // A server may ignore the wish for attributes; the size was right before.
  if (closed.flags !== 0) checkSize(name, size, closed.endOfFile);
  const attributes = closed.flags === 0 ? file.created.fileAttributes : closed.fileAttributes;
  return { attributes, security };
}

interface Finished {
  readonly results: Result[];
  readonly closed: CloseResponse;
}

/** Sends last requests about a file and closes it. */
async function finish(
  file: File,
  specs: readonly AnyRequestSpec[],
  path: string,
  signal: AbortSignal | undefined,
): Promise<Finished> {
  const { tree, fileId } = file;
  const support = CompoundSupport.of(tree.session);
  const alone = (spec: AnyRequestSpec): Promise<Reply<unknown>> =>
    tree.request({ ...spec, signal });
  const close = { ...closeSpec(fileId, true), path };
  const named = specs.map((spec) => ({ ...spec, path }));
  // Should one of several channels die, each of them can be sent again, but not all together: nobody
  // could tell what came of the others once the handle is closed.
  const isApart = support.isRefused || tree.session.isMultichannel;
  const all = [...named, close];
  const answers = isApart ? await sendOneByOne(all, alone) : await tree.compound(all, { signal });
  const results = answers.slice(0, -1);
  let closed = answers.at(-1);
  // ksmbd (Linux 7.3) does most compounds, but no CLOSE behind a SET_INFO: it lacks the session then.
  if (isCompoundRefusal(closed) || isTurnedAway(closed)) closed = await alone(close);
  const body = bodyOf<CloseResponse>(closed);
  if (body.flags === 0 && tree.session.hasLostChannel) await confirm(file, path, signal);
  return { results: await redo(file, named, results, signal), closed: body };
}

/** What failed only because it was sent together with others is done again, now by the file's name. */
async function redo(
  file: File,
  specs: readonly AnyRequestSpec[],
  results: readonly Result[],
  signal: AbortSignal | undefined,
): Promise<Result[]> {
  const support = CompoundSupport.of(file.tree.session);
  const indexes = [...results.keys()].filter(
    (index) => isTurnedAway(results[index]) || support.mayExplain(results[index]),
  );
  const done = [...results];
  if (indexes.length === 0) return done;
  const open = {
    access: AccessMask.READ_ATTRIBUTES | AccessMask.WRITE_ATTRIBUTES | AccessMask.READ_CONTROL,
    signal,
  };
  for (const index of indexes) {
    const spec = specs[index] as AnyRequestSpec;
    const message = { ...(spec.message as object), fileId: NO_FILE_ID };
    const handled = await onHandle(file.tree, file.path, open, [{ ...spec, message }]);
    const [result] = handled.results;
    if (result !== undefined) done[index] = result;
  }
  return done;
}

/**
 * A CLOSE that was carried out over a channel that died has left no answer: whether all bytes got to
 * their place, a FLUSH tells.
 */
async function confirm(file: File, path: string, signal: AbortSignal | undefined): Promise<void> {
  const { tree } = file;
  const again = await File.create(tree, file.path, { access: AccessMask.WRITE_DATA, signal });
  try {
    await again.flush({ signal: withGrace(signal) });
    await again.close({ signal });
  } catch (error) {
    await closeQuietly(tree, again.fileId);
    if (!(error instanceof NtStatusError)) throw error;
    throw new NtStatusError(error.status, { command: error.command, path, cause: error });
  }
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
