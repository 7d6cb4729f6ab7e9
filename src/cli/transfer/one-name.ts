import { closeSync, constants, lstatSync, openSync, unlinkSync } from "node:fs";
import { dirname, sep } from "node:path";
import {
  createTemporaryFile,
  giveUp,
  NtStatus,
  NtStatusError,
  TransferError,
  type Tree,
} from "../../core/index.ts";
import { printable } from "../render/printable.ts";
import type { Claim, TargetClaims } from "./target-claims.ts";
import { NAME_MAX, temporaryName } from "./temporary-name.ts";

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** @throws {TransferError} where a server would store `claim` in the place of its `rival` */
export async function refuseRemoteRival(
  tree: Tree,
  claim: Claim,
  rival: Claim | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (rival === undefined) return;
  if (await isOneRemotely(tree, rival.target, claim.target, signal)) {
    throw rivalError(claim, rival, "stored", (path) => `\\${path}`);
  }
}

/** Keeps the sources of a download apart where the local file system would make one of them. */
export class LocalPlaces {
  readonly #targets: TargetClaims;
  readonly #isOne: (first: string, second: string) => boolean;
  readonly #refused = new Set<string>();

  /** @param isOne whether two paths, spelled alike, lead to one file; by default the file system is tried */
  constructor(
    targets: TargetClaims,
    isOne: (first: string, second: string) => boolean = isOneLocally,
  ) {
    this.#targets = targets;
    this.#isOne = isOne;
  }

  /**
   * To be called for each source, a directory before what is in it.
   *
   * @throws {TransferError} where it would take the place of another, or lies in a directory that would
   */
  take(claim: Claim): void {
    try {
      if (this.#refused.has(dirname(claim.target))) {
        throw new TransferError(
          printable(`${claim.source} is not fetched: the directory that it lies in is not`),
        );
      }
      const rival = this.#targets.rivalOf(claim);
      if (rival !== undefined && this.#isOne(rival.target, claim.target)) {
        throw rivalError(claim, rival, "fetched", (path) => path);
      }
    } catch (error) {
      if (claim.isDirectory) this.#refused.add(claim.target);
      throw error;
    }
  }
}

function rivalError(
  { source, target }: Claim,
  rival: Claim,
  verb: string,
  shown: (target: string) => string,
): TransferError {
  const isSame = rival.target === target;
  const where = isSame ? `${shown(target)} too` : `${shown(rival.target)}, the same name there`;
  return new TransferError(
    printable(`${source} is not ${verb} as ${shown(target)}: ${rival.source} goes to ${where}`),
  );
}

/**
 * Two spellings, one file? Only the server knows: it is asked with a temporary file that has the first
 * one. Where that cannot be made, they count as one.
 */
async function isOneRemotely(
  tree: Tree,
  first: string,
  second: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (first === second) return true;
  const [made, looked] = probes(first, second, "\\");
  if (made === undefined || looked === undefined) return true;
  const file = await createTemporaryFile(tree, made, { signal });
  try {
    await tree.stat(looked, { signal });
    return true;
  } catch (error) {
    if (error instanceof NtStatusError && error.status === NtStatus.OBJECT_NAME_NOT_FOUND) {
      return false;
    }
    throw error;
  } finally {
    await giveUp(tree, file.fileId, made);
  }
}

/** Tried in the directory itself: file systems, and single directories, differ. */
export function isOneLocally(first: string, second: string): boolean {
  if (first === second) return true;
  const [made, looked] = probes(first, second, sep);
  if (made === undefined || looked === undefined) return true;
  closeSync(openSync(made, NEW_FILE, 0o600));
  try {
    return lstatSync(looked, { throwIfNoEntry: false }) !== undefined;
  } finally {
    unlinkSync(made);
  }
}

/**
 * Two paths that differ as the given ones do, of names that nothing has. The random part stands in front:
 * how a name ends may be what makes two of them one. Undefined where such a name would be too long.
 */
function probes(first: string, second: string, separator: string): readonly string[] {
  const prefix = `smbx${temporaryName("", "").slice(".smbx".length)}.`;
  const names = [first, second].map((path) => path.slice(path.lastIndexOf(separator) + 1));
  if (names.some((name) => Buffer.byteLength(prefix + name) > NAME_MAX)) return [];
  const directory = first.slice(0, first.lastIndexOf(separator) + 1);
  return names.map((name) => directory + prefix + name);
}
