import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { isFileTimeSet, type File as RemoteFile } from "../../core/index.ts";
import { keptName } from "./kept-part.ts";
import { type LocalTimes, localTimes, setLocalTimes } from "./times.ts";

/**
 * Where an interrupted download is kept: beside its target, under a name that stands for the remote file.
 * While a transfer is at work on it, it has a name of its own, so that no other one takes it as well.
 * Its time is that of the remote file: with another time, or size, it belongs to another version.
 */
export class KeptDownload {
  readonly path: string;
  /** Of the remote file, in bytes. */
  readonly #size: number;
  readonly #stamp: LocalTimes;

  private constructor(path: string, size: number, stamp: LocalTimes) {
    this.path = path;
    this.#size = size;
    this.#stamp = stamp;
  }

  /** For a download of `file` to `targetPath`; undefined where its versions could not be told apart. */
  static of(file: RemoteFile, targetPath: string): KeptDownload | undefined {
    const { lastWriteTime } = file.created;
    if (!isFileTimeSet(lastWriteTime)) return undefined;
    const stamp = localTimes({ lastWriteTime, lastAccessTime: lastWriteTime });
    const identity = [file.tree.unc.toLowerCase(), file.path.toLowerCase()];
    const path = join(dirname(targetPath), keptName(basename(targetPath), ".", identity));
    return stamp === undefined ? undefined : new KeptDownload(path, file.size, stamp);
  }

  /** Whether an earlier transfer of the same version has left something. */
  get isThere(): boolean {
    const stats = lstatSync(this.path, { throwIfNoEntry: false });
    return stats !== undefined && this.#isOurs(stats);
  }

  /**
   * Gives it the name `path` and opens it for reading and writing; undefined where there is none, or
   * another transfer was faster.
   */
  claim(path: string): number | undefined {
    if (!this.isThere) return undefined;
    try {
      renameSync(this.path, path);
    } catch {
      return undefined;
    }
    const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
    if (this.#isOurs(fstatSync(fd))) return fd;
    closeSync(fd);
    renameSync(path, this.path);
    return undefined;
  }

  /** Keeps what is in `fd`, which has the name `path`. Returns false where more of it is kept already. */
  keep(fd: number, path: string): boolean {
    const there = lstatSync(this.path, { throwIfNoEntry: false });
    if (there !== undefined && this.#isOurs(there) && there.size >= fstatSync(fd).size)
      return false;
    if (setLocalTimes(fd, this.#stamp) !== undefined) return false;
    renameSync(path, this.path);
    return true;
  }

  #isOurs(stats: Stats): boolean {
    const isSame = Math.abs(stats.mtimeMs * 1000 - this.#stamp.modifyUs) < 2;
    const isMine = process.getuid === undefined || stats.uid === process.getuid();
    return stats.isFile() && isMine && isSame && stats.size > 0 && stats.size <= this.#size;
  }
}
