import { hostname, userInfo } from "node:os";
import {
  AccessMask,
  CreateDisposition,
  cutBack,
  giveUp,
  NtStatus,
  NtStatusError,
  REPLACE_ACCESS,
  type File as RemoteFile,
  ShareAccess,
  TransferError,
  whyNotToReplace,
} from "../../core/index.ts";
import { whereToContinue } from "./compare.ts";
import type { TransferEnvironment } from "./environment.ts";
import { isWorthKeeping, keptName, noteInterruption } from "./kept-part.ts";
import type { LocalSource } from "./local-source.ts";
import { PrefixWriter } from "./prefix-writer.ts";
import { SourceChanged } from "./source-changed.ts";

/** Why a temporary name of its own is taken instead: it is in use, or may not be read. */
const ELSEWHERE: readonly number[] = [
  NtStatus.SHARING_VIOLATION,
  NtStatus.ACCESS_DENIED,
  NtStatus.DELETE_PENDING,
];

/**
 * Where an upload of `source` to `remotePath` is kept when it is interrupted: beside it, under a name
 * that stands for this version of the source, in this place, on this machine.
 */
export function keptUploadPath(source: LocalSource, remotePath: string): string {
  const cut = remotePath.lastIndexOf("\\") + 1;
  const { size, mtimeNs } = source.stats;
  const { uid } = userInfo();
  const identity = [hostname(), uid, source.path, size, mtimeNs, remotePath];
  return remotePath.slice(0, cut) + keptName(remotePath.slice(cut), "", identity);
}

/** Where an upload is kept, and where it goes. */
interface KeptPlace {
  readonly path: string;
  readonly remotePath: string;
  /** Only what is there is opened. */
  readonly mustExist: boolean;
}

/** An upload under its kept name. */
export class KeptUpload {
  readonly file: RemoteFile;
  readonly writer: PrefixWriter;
  /** Where it goes on, in bytes. */
  readonly start: number;
  readonly #source: LocalSource;

  private constructor(file: RemoteFile, source: LocalSource, start: number) {
    this.file = file;
    this.start = start;
    this.writer = new PrefixWriter(file, start);
    this.#source = source;
  }

  /**
   * Opens what an earlier transfer has left, or a new file; nobody else can write to it meanwhile.
   *
   * @returns undefined where there is none, another transfer is at work on it, or what has the name
   *   `remotePath` has to be written in place
   */
  static async open(
    env: TransferEnvironment,
    source: LocalSource,
    { path, remotePath, mustExist }: KeptPlace,
  ): Promise<KeptUpload | undefined> {
    const { tree, signal } = env;
    let file: RemoteFile;
    try {
      file = await tree.openFile(path, {
        access: REPLACE_ACCESS | AccessMask.READ_DATA,
        shareAccess: ShareAccess.READ,
        disposition: mustExist ? CreateDisposition.OPEN : CreateDisposition.OPEN_IF,
        signal,
      });
    } catch (error) {
      if (!(error instanceof NtStatusError)) throw error;
      if (mustExist && error.status === NtStatus.OBJECT_NAME_NOT_FOUND) return undefined;
      if (!ELSEWHERE.includes(error.status)) throw error;
      env.onNotice?.(`\\${path} cannot be used (${error.statusName}): sent from the start`);
      return undefined;
    }
    try {
      if ((await whyNotToReplace(file, remotePath, { signal })) !== undefined) {
        await leave(file);
        return undefined;
      }
      return new KeptUpload(file, source, await startOf(env, file, source));
    } catch (error) {
      await leave(file);
      throw error;
    }
  }

  /** It broke off: keeps what is there without a gap, and says so, or removes what is not worth it. */
  async breakOff(env: TransferEnvironment, error: unknown): Promise<void> {
    const { file, writer } = this;
    if (error instanceof SourceChanged || !isWorthKeeping(writer.end)) {
      await giveUp(file.tree, file.fileId, file.path);
      return;
    }
    await writer.cutBack();
    noteInterruption(env, {
      path: this.#source.path,
      keptAs: `\\${file.path}`,
      done: writer.end,
      size: Number(this.#source.stats.size),
      wasAborted: env.signal.aborted,
    });
  }
}

/** Nothing was added: it is as it was, or shorter, and still a beginning. */
function leave(file: RemoteFile): Promise<unknown> {
  const isNew = file.size === 0;
  return isNew ? giveUp(file.tree, file.fileId, file.path) : cutBack(file, file.size);
}

/** Where an earlier transfer stopped; what is there is compared first. */
async function startOf(
  env: TransferEnvironment,
  file: RemoteFile,
  source: LocalSource,
): Promise<number> {
  const end = file.size;
  if (end === 0) return 0;
  const { path: localPath, fd } = source;
  const isTooLong = end > Number(source.stats.size);
  const start = isTooLong
    ? 0
    : await whereToContinue(env, { file, fd, localPath, end, continues: "remote" }).catch(
        (error: unknown) => {
          if (error instanceof TransferError) return 0;
          throw error;
        },
      );
  if (start < end) await file.setEndOfFile(start, { signal: env.signal });
  return start;
}
