import type { BigIntStats } from "node:fs";
import {
  AccessMask,
  type CloseResponse,
  type CreateResponse,
  NtStatusError,
  TransferError,
  type Tree,
} from "../../core/index.ts";

/** The source was changed while it was read: what was read may be of two versions. */
export class SourceChanged extends TransferError {
  /** How many bytes were read in vain, where all of it may be read again; else undefined. */
  repeatableBytes: number | undefined;
}

/** What tells versions of a remote file apart. */
type Version = Pick<CreateResponse, "endOfFile" | "lastWriteTime" | "changeTime">;

/** The answers of CREATE and of CLOSE, with POSTQUERY_ATTRIB, about one open. */
export interface Observed {
  readonly created: Version;
  /** undefined, or without the flag, where the server does not say. */
  readonly closed: CloseResponse | undefined;
}

/**
 * Makes sure that a remote file stayed as it was while it was open. Takes no further request unless the
 * two answers differ: then a new CREATE decides, because a server may take the times of CLOSE from
 * elsewhere than those of CREATE.
 *
 * @throws {SourceChanged} where it has another size, LastWriteTime or ChangeTime
 */
export async function expectUnchanged(
  tree: Tree,
  path: string,
  { created, closed }: Observed,
  signal: AbortSignal,
): Promise<void> {
  if (closed === undefined || closed.flags === 0) return;
  const difference = differenceOf(created, closed);
  if (difference === undefined) return;
  const now = await versionOf(tree, path, signal);
  if (now !== undefined && differenceOf(created, now) === undefined) return;
  throw new SourceChanged(`\\${path} ${difference} while it was read`);
}

/** undefined where it cannot be opened any more. */
async function versionOf(
  tree: Tree,
  path: string,
  signal: AbortSignal,
): Promise<Version | undefined> {
  try {
    await using file = await tree.openFile(path, { access: AccessMask.READ_ATTRIBUTES, signal });
    return file.created;
  } catch (error) {
    if (error instanceof NtStatusError) return undefined;
    throw error;
  }
}

/** 0 means that the server keeps no such time. */
function differenceOf(before: Version, now: Version): string | undefined {
  if (now.endOfFile !== before.endOfFile) {
    const verb = now.endOfFile < before.endOfFile ? "became shorter" : "grew";
    return `${verb}, from ${before.endOfFile} to ${now.endOfFile} bytes,`;
  }
  const isOther = (one: bigint, other: bigint): boolean =>
    one !== 0n && other !== 0n && one !== other;
  if (isOther(before.lastWriteTime, now.lastWriteTime)) return "was written to";
  return isOther(before.changeTime, now.changeTime) ? "was changed" : undefined;
}

/**
 * How a local file that is open became another one; undefined where it did not. A change of permissions,
 * owner or links explains a new ctime; so does another file that took its name while it was read.
 */
export function localDifference(before: BigIntStats, now: BigIntStats): string | undefined {
  if (now.size !== before.size) return "changed its size";
  if (now.mtimeNs !== before.mtimeNs) return "was written to";
  if (now.ctimeNs === before.ctimeNs) return undefined;
  const isExplained =
    now.nlink !== before.nlink ||
    now.mode !== before.mode ||
    now.uid !== before.uid ||
    now.gid !== before.gid;
  return isExplained ? undefined : "was changed";
}
