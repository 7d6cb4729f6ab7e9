import { existsSync, mkdirSync } from "node:fs";
import { sep } from "node:path";
import {
  type CreateResponse,
  closeQuietly,
  NtStatusError,
  type Piece,
  queryAllocatedRanges,
  READ_ACCESS,
  type File as RemoteFile,
  readPipeline,
  readSmallFile,
  TransferError,
  tellsHoles,
  WireFormatError,
} from "../../core/index.ts";
import { whereToContinue } from "./compare.ts";
import type {
  DownloadItem,
  FinishedFile,
  TransferEnvironment,
  TransferFailure,
  TransferOptions,
  TransferSummary,
} from "./environment.ts";
import { FatalFailure } from "./fatal-failure.ts";
import { clipped } from "./in-order.ts";
import { KeptDownload } from "./kept-download.ts";
import { isKept, isWorthKeeping, noteInterruption } from "./kept-part.ts";
import { KeptTarget } from "./kept-target.ts";
import { BUDGET_BYTES, jobsOf, smallLimit, WINDOW_BYTES, weightOf } from "./limits.ts";
import {
  isStream,
  type LocalTarget,
  OutputTarget,
  openLocalTarget,
  resolveTarget,
  storeLocalFile,
} from "./local-target.ts";
import { LocalPlaces } from "./one-name.ts";
import { type FileProgress, type Measure, silentProgress } from "./progress.ts";
import { resumeDownload } from "./resume-download.ts";
import { runBounded } from "./run.ts";
import { expectUnchanged, type Observed, SourceChanged } from "./source-changed.ts";
import { Tally } from "./tally.ts";
import { type Claim, TargetClaims } from "./target-claims.ts";
import { type LocalTimes, localTimes } from "./times.ts";

/** What is asked for with the first request when nobody knows a file's size. */
const FIRST_READ_BYTES = 65_536;
/** A larger file that changed while it was read is not read again: the user may want to decide. */
const LARGEST_REPEATED_BYTES = 256 * 1024 * 1024;
/** Below this much to gain, asking where a file's holes are does not pay. */
const WORTHWHILE_HOLE_BYTES = 128 * 1024;

/**
 * Fetches one file. It appears under its local name when it is whole; until then, and after any
 * failure, what was there before stays. `-` as local path is standard output.
 *
 * @throws {NtStatusError} where the server refuses
 * @throws {TransferError} where the file changed on the way or cannot be stored
 */
export function downloadFile(
  env: TransferEnvironment,
  remotePath: string,
  localPath: string,
  options: TransferOptions = {},
): Promise<FinishedFile> {
  return new Download(env, { remotePath, localPath }, env.signal).run(options);
}

/**
 * Fetches what `items` yields, several at once, while it is still being listed. Directories are made.
 * Failures of single files are collected and the rest goes on.
 *
 * @throws {FatalFailure} where a file met what makes going on pointless: a lost connection, a full disk
 * @throws the reason of an abort, or what a listing met
 */
export async function downloadMany(
  env: TransferEnvironment,
  items: Iterable<DownloadItem> | AsyncIterable<DownloadItem>,
): Promise<TransferSummary> {
  const tally = new Tally(env);
  const places = new LocalPlaces(env.targets ?? new TargetClaims(sep));
  const failure = ({ remotePath, localPath }: DownloadItem, error: unknown): TransferFailure => ({
    path: remotePath,
    remotePath,
    localPath,
    error,
  });
  await runBounded({
    items: (env.progress ?? silentProgress).survey(items, measure),
    jobs: jobsOf(env.settings),
    budget: BUDGET_BYTES,
    weigh: (item) => weightOf(item.isDirectory === true ? 0 : item.entry?.size),
    run: async (item, signal) => {
      await env.drained?.();
      if (item.error !== undefined) throw item.error;
      const claim = claimOf(item);
      places.take(claim);
      if (claim.isDirectory) mkdirSync(item.localPath, { recursive: true });
      else tally.finished(await new Download(env, item, signal).run({}));
    },
    onFailure: (item, error) => tally.failed(failure(item, error)),
    explainFatal: (item, error) => new FatalFailure(failure(item, error)),
    onLeft: env.onLeft && ((item) => tally.left(item)),
    signal: env.signal,
  });
  return tally.summary();
}

function claimOf({ localPath, remotePath, isDirectory }: DownloadItem): Claim {
  return { source: `\\${remotePath}`, target: localPath, isDirectory: isDirectory === true };
}

function measure({ isDirectory, error, entry }: DownloadItem): Measure {
  const isFile = isDirectory !== true && error === undefined;
  return isFile ? { files: 1, bytes: entry?.size } : { files: 0, bytes: 0 };
}

class Download {
  readonly #env: TransferEnvironment;
  readonly #item: DownloadItem;
  readonly #signal: AbortSignal;
  readonly #startedAt = performance.now();

  constructor(env: TransferEnvironment, item: DownloadItem, signal: AbortSignal) {
    this.#env = env;
    this.#item = item;
    this.#signal = signal;
  }

  async run(options: TransferOptions): Promise<FinishedFile> {
    const { remotePath, entry } = this.#item;
    const progress = (this.#env.progress ?? silentProgress).begin(remotePath, entry?.size);
    try {
      this.#signal.throwIfAborted();
      const finished = await this.#fetch(options, progress);
      progress.done();
      return finished;
    } catch (error) {
      progress.failed(error);
      throw error;
    }
  }

  /** A file that is changed while it is read is read once more, where that is possible. */
  async #fetch(options: TransferOptions, progress: FileProgress): Promise<FinishedFile> {
    try {
      return await this.#fetchOnce(options, progress);
    } catch (error) {
      if (!(error instanceof SourceChanged) || error.repeatableBytes === undefined) throw error;
      progress.advance(-error.repeatableBytes);
      return await this.#fetchOnce(options, progress);
    }
  }

  async #fetchOnce(options: TransferOptions, progress: FileProgress): Promise<FinishedFile> {
    const { localPath, entry } = this.#item;
    const { tree, settings } = this.#env;
    if (options.resume === true && localPath !== "-") {
      return this.#keepsParts ? this.#fetchLarge(progress, true) : this.#resume(progress);
    }
    const limit = smallLimit(tree, settings);
    const size = entry?.size ?? Math.min(FIRST_READ_BYTES, limit);
    const finished =
      size <= limit ? await this.#fetchSmall(Math.max(size, 1), progress) : undefined;
    return finished ?? (await this.#fetchLarge(progress));
  }

  async #resume(progress: FileProgress): Promise<FinishedFile> {
    const { remotePath, localPath } = this.#item;
    const env = { ...this.#env, signal: this.#signal };
    const { size, bytes } = await resumeDownload(env, remotePath, localPath, progress);
    return this.#finished(size, bytes);
  }

  /** One round trip; undefined where the file turned out to be larger, or is not stored as a file. */
  async #fetchSmall(length: number, progress: FileProgress): Promise<FinishedFile | undefined> {
    const { remotePath, localPath } = this.#item;
    const { onNotice } = this.#env;
    const small = await readSmallFile(this.#env.tree, remotePath, { length, signal: this.#signal });
    try {
      if (!small.isWhole) return undefined;
      const { data, created } = small;
      await this.#expectUnchanged(small, 0);
      const isStored =
        localPath !== "-" &&
        storeLocalFile(localPath, data, this.#usesTemporaryNames, this.#times(created), onNotice);
      if (!isStored) await this.#storeInOrder(data);
      progress.expect(data.length);
      progress.advance(data.length);
      return this.#finished(data.length, data.length);
    } finally {
      small.release();
    }
  }

  async #storeInOrder(data: Uint8Array): Promise<void> {
    const target = await this.#openTarget();
    try {
      if (data.length > 0) await target.write(data, 0, this.#signal);
      await target.finish(data.length, undefined);
    } catch (error) {
      target.discard();
      throw error;
    }
  }

  async #fetchLarge(progress: FileProgress, resumes = false): Promise<FinishedFile> {
    const { remotePath, localPath } = this.#item;
    const { tree } = this.#env;
    const file = await tree.openFile(remotePath, { access: READ_ACCESS, signal: this.#signal });
    try {
      const kept = this.#openKept(file, resumes);
      if (resumes && kept === undefined && existsSync(localPath)) {
        await file.close();
        return await this.#resume(progress);
      }
      const target = kept ?? (await this.#openTarget());
      try {
        const start = kept === undefined ? 0 : await this.#startOf(file, kept);
        const bytes = await this.#copy(file, target, progress, start);
        const { created } = file;
        const closed = await file.close({ postQuery: true, signal: this.#signal });
        const isRepeatable = target.canHaveHoles && bytes <= LARGEST_REPEATED_BYTES;
        await this.#expectUnchanged({ created, closed }, isRepeatable ? bytes : undefined);
        await target.finish(file.size, this.#times(created));
        return this.#finished(file.size, bytes);
      } catch (error) {
        target.discard(error instanceof SourceChanged);
        if (kept !== undefined) this.#noteKept(file, kept);
        throw error;
      }
    } catch (error) {
      await closeQuietly(tree, file.fileId);
      throw error;
    }
  }

  /** Where what is to be kept goes; undefined where it is not, and for a file that was kept otherwise. */
  #openKept(file: RemoteFile, resumes: boolean): KeptTarget | undefined {
    const { localPath } = this.#item;
    const isWanted = resumes ? isWorthKeeping(file.size) : isKept(this.#env, file.size);
    if (localPath === "-" || !this.#keepsParts || !isWanted) return undefined;
    const place = resolveTarget(localPath);
    if (isStream(place)) return undefined;
    const kept = KeptDownload.of(file, place.path);
    // A file under the real name is what `reget` was meant for, unless there is a part.
    if (kept === undefined || (resumes && place.existing !== undefined && !kept.isThere)) {
      return undefined;
    }
    return new KeptTarget(place, kept, this.#env.onNotice);
  }

  /** Where an earlier transfer stopped; what is there is compared first. */
  async #startOf(file: RemoteFile, kept: KeptTarget): Promise<number> {
    const { fd, size: end, path: localPath } = kept;
    const env = { ...this.#env, signal: this.#signal };
    const start = await whereToContinue(env, {
      ...{ file, fd, localPath, end, continues: "local" },
    }).catch((error: unknown) => {
      if (error instanceof TransferError) return 0;
      throw error;
    });
    kept.begin(start);
    return start;
  }

  #noteKept({ size, path }: RemoteFile, kept: KeptTarget): void {
    if (kept.keptBytes === 0) return;
    noteInterruption(this.#env, {
      path: `\\${path}`,
      keptAs: kept.keptPath,
      done: kept.keptBytes,
      size,
      wasAborted: this.#signal.aborted,
    });
  }

  get #keepsParts(): boolean {
    return this.#usesTemporaryNames && this.#env.settings.partialFromBytes !== undefined;
  }

  async #copy(
    file: RemoteFile,
    target: LocalTarget,
    progress: FileProgress,
    start: number,
  ): Promise<number> {
    let bytes = 0;
    const ranges = clipped(await this.#ranges(file, target), start);
    progress.expect(ranges.reduce((sum, { length }) => sum + length, start));
    if (start > 0) progress.advance(start);
    await readPipeline(file, {
      ranges,
      place: async (data, offset, signal) => {
        await target.write(data, offset, signal);
        bytes += data.length;
        progress.advance(data.length);
      },
      signal: this.#signal,
      chunkBytes: this.#env.settings.ioSize,
      windowBytes: WINDOW_BYTES,
    });
    return bytes;
  }

  /** All of the file, or only what is not a hole where the server knows and the target can have them. */
  async #ranges(file: RemoteFile, target: LocalTarget): Promise<Piece[]> {
    const { size, created } = file;
    const whole = [{ offset: 0, length: size }];
    if (!target.canHaveHoles || !tellsHoles(created.fileAttributes)) return whole;
    if (size < WORTHWHILE_HOLE_BYTES) return whole;
    const ranges: Piece[] = [];
    try {
      for await (const range of queryAllocatedRanges(file, size, { signal: this.#signal })) {
        ranges.push(range);
      }
    } catch (error) {
      if (error instanceof NtStatusError || error instanceof WireFormatError) return whole;
      throw error;
    }
    target.allot(size, ranges);
    return ranges;
  }

  async #expectUnchanged(observed: Observed, repeatableBytes: number | undefined): Promise<void> {
    const { tree } = this.#env;
    try {
      await expectUnchanged(tree, this.#item.remotePath, observed, this.#signal);
    } catch (error) {
      if (error instanceof SourceChanged) error.repeatableBytes = repeatableBytes;
      throw error;
    }
  }

  async #openTarget(): Promise<LocalTarget> {
    const { localPath } = this.#item;
    const { outBytes, onNotice } = this.#env;
    if (localPath !== "-") {
      return await openLocalTarget(localPath, this.#usesTemporaryNames, onNotice);
    }
    if (outBytes === undefined) throw new TransferError("There is no standard output to write to");
    return new OutputTarget(outBytes);
  }

  #times(created: CreateResponse): LocalTimes | undefined {
    return this.#env.settings.keepTimes ? localTimes(created) : undefined;
  }

  get #usesTemporaryNames(): boolean {
    return this.#env.usesTemporaryNames !== false;
  }

  #finished(size: number, bytes: number): FinishedFile {
    const { remotePath, localPath } = this.#item;
    const ms = performance.now() - this.#startedAt;
    return { direction: "download", remotePath, localPath, size, bytes, ms };
  }
}
