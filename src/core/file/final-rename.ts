import { TransferError, TransportClosedError } from "../errors.ts";
import { decodeFileStandard, encodeFileBasic } from "../fscc/file-information.ts";
import { FileInformationClass } from "../fscc/file-information-class.ts";
import { encodeFileRename } from "../fscc/name-information.ts";
import { NtStatus } from "../nt-status.ts";
import { NtStatusError } from "../nt-status-error.ts";
import type { AnyRequestSpec } from "../session/request-spec.ts";
import { AccessMask, CreateOptions, CtlCode, InfoType } from "../smb2/constants.ts";
import { NO_FILE_ID } from "../smb2/ioctl.ts";
import type { TreeConnect } from "../tree/tree-connect.ts";
import type { FileCharacter } from "./file-character.ts";
import { withGrace } from "./grace.ts";
import { ioctlSpec, queryInfoSpec, setInfoSpec } from "./open.ts";
import { patiently } from "./patience.ts";
import { lookAtTarget, type Target, whyNotReplaced } from "./replacement-target.ts";
import { onHandle, withHandle } from "./with-handle.ts";

/** A rename of a file that is closed and whole. */
export interface FinalRename {
  /** Its temporary, share-relative path. */
  readonly from: string;
  readonly to: string;
  /** What `lookAtTarget` said of `to`. */
  readonly target: Target;
  /** Of the file under its temporary name. */
  readonly character: FileCharacter;
  readonly size: number;
  /** It stays marked as sparse. */
  readonly isSparse: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What has the name may be another file each time we come to take it; not for ever. */
const MOST_LOOKS = 4;

/** While others look at a file, a server lets nobody rename it, or replace what they look at. */
const PASSING_FOR_NEW: readonly number[] = [NtStatus.SHARING_VIOLATION, NtStatus.DELETE_PENDING];
const PASSING_FOR_OLD: readonly number[] = [...PASSING_FOR_NEW, NtStatus.ACCESS_DENIED];

/**
 * Gives a whole, closed file its final name, in one frame. What has that name is replaced if nothing is
 * lost by that; a file that came there after `target` was looked at is looked at, too.
 *
 * @throws {NtStatusError} where the server does not allow it, after about two seconds
 * @throws {TransferError} where what has the name has become one that cannot be replaced
 */
export async function renameIntoPlace(tree: TreeConnect, rename: FinalRename): Promise<void> {
  let { target } = rename;
  for (let looks = 1; ; looks += 1) {
    const why = whyNotReplaced(target, rename.character);
    if (why !== undefined) {
      throw new TransferError(
        `\\${rename.to} cannot be replaced any more: ${why}; --inplace writes into it`,
      );
    }
    try {
      return await renameOnce(tree, rename, target);
    } catch (error) {
      const isTaken = hasStatus(error, NtStatus.OBJECT_NAME_COLLISION) && target.kind === "none";
      if (!isTaken || looks === MOST_LOOKS) throw explained(error, rename.to, target);
      target = await lookAtTarget(tree, rename.to, { signal: rename.signal });
    }
  }
}

async function renameOnce(tree: TreeConnect, rename: FinalRename, target: Target): Promise<void> {
  const passing = target.kind === "plain" ? PASSING_FOR_OLD : PASSING_FOR_NEW;
  // Whether the file got its name must be known: only then is it clear what to remove.
  const signal = withGrace(rename.signal);
  await patiently(
    tree,
    passing,
    async () => {
      try {
        await sendRename(tree, { ...rename, signal }, target);
      } catch (error) {
        if (!isInDoubt(tree, error)) throw error;
        if (await wasRenamed(tree, { ...rename, signal })) return;
        await sendRename(tree, { ...rename, signal }, target);
      }
    },
    { signal },
  );
}

async function sendRename(tree: TreeConnect, rename: FinalRename, target: Target): Promise<void> {
  const { from, signal } = rename;
  const isReplacing = target.kind === "plain";
  const name = isReplacing ? target.path : rename.to;
  const operations: AnyRequestSpec[] = [];
  if (isReplacing) {
    const info = encodeFileBasic({ creationTime: target.creationTime });
    operations.push(setInfoSpec(NO_FILE_ID, FileInformationClass.BASIC, info));
  }
  const info = encodeFileRename({ replaceIfExists: isReplacing, name });
  const at = operations.push(setInfoSpec(NO_FILE_ID, FileInformationClass.RENAME, info)) - 1;
  // Samba forgets the mark when it renames a file; without it nobody asks for the holes.
  if (rename.isSparse)
    operations.push(ioctlSpec(NO_FILE_ID, CtlCode.SET_SPARSE, Uint8Array.of(1), 0));
  const open = {
    access: AccessMask.DELETE | AccessMask.READ_ATTRIBUTES | AccessMask.WRITE_ATTRIBUTES,
    options: CreateOptions.NON_DIRECTORY_FILE | CreateOptions.OPEN_REPARSE_POINT,
    signal,
  };
  const { results } = await onHandle(tree, from, open, operations);
  // The file is whole in any case: a creation time or a mark that a file system cannot keep is no loss.
  const renamed = results[at];
  if (renamed instanceof NtStatusError) throw renamed;
}

/** A channel died with the rename, or with the first one of two. */
function isInDoubt(tree: TreeConnect, error: unknown): boolean {
  if (error instanceof NtStatusError) return error.wasRepeated;
  return error instanceof TransportClosedError && !tree.session.isClosed;
}

/** Whether a rename was carried out although its channel died before the answer: the names tell. */
async function wasRenamed(
  tree: TreeConnect,
  { from, to, size, signal }: FinalRename,
): Promise<boolean> {
  if ((await sizeOf(tree, from, signal)) !== undefined) return false;
  return (await sizeOf(tree, to, signal)) === size;
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
    if (hasStatus(error, NtStatus.OBJECT_NAME_NOT_FOUND)) return undefined;
    throw error;
  });
  return found === undefined ? undefined : decodeFileStandard(found.body.outputBuffer).size;
}

/** Who stands in the way of a replacement that was allowed, and what helps. */
function explained(error: unknown, path: string, target: Target): unknown {
  if (target.kind !== "plain" || !(error instanceof NtStatusError)) return error;
  if (!PASSING_FOR_OLD.includes(error.status)) return error;
  const { status, statusName, command } = error;
  const explanation =
    "Another program has the old file open, or the directory does not allow removing files; --inplace writes into it";
  const message = `${statusName} replacing \\${path}`;
  return new NtStatusError(status, { command, path, message, explanation, cause: error });
}

function hasStatus(error: unknown, status: number): boolean {
  return error instanceof NtStatusError && error.status === status;
}
