import { statSync } from "node:fs";
import {
  completeFile,
  FileAttributes,
  giveUp,
  NtStatus,
  NtStatusError,
  openDestination,
  type File as RemoteFile,
  setSparse,
  type Tree,
  type WritePipelineOptions,
  writePipeline,
  writeSmallFile,
} from "../../core/index.ts";
import type {
  FinishedFile,
  TransferEnvironment,
  TransferFailure,
  TransferOptions,
  TransferSummary,
  UploadItem,
} from "./environment.ts";
import { FatalFailure } from "./fatal-failure.ts";
import { completeInPlace, noteTimesRefused } from "./in-place.ts";
import { isKept } from "./kept-part.ts";
import { KeptUpload, keptUploadPath } from "./kept-upload.ts";
import { BUDGET_BYTES, jobsOf, smallLimit, WINDOW_BYTES, weightOf } from "./limits.ts";
import { LocalSource } from "./local-source.ts";
import { refuseRemoteRival } from "./one-name.ts";
import { PrefixWriter } from "./prefix-writer.ts";
import { type FileProgress, type Measure, silentProgress } from "./progress.ts";
import { RemoteDirectories } from "./remote-directories.ts";
import { notResumable, resumeUpload } from "./resume-upload.ts";
import { runBounded } from "./run.ts";
import { SourceChanged } from "./source-changed.ts";
import { Tally } from "./tally.ts";
import { type Claim, TargetClaims } from "./target-claims.ts";
import { temporaryName } from "./temporary-name.ts";
import { remoteTimes } from "./times.ts";

/**
 * Stores one file. It is written under a temporary name beside its final one and renamed when the
 * server has all of it, unless `settings.inplace`. `-` as local path is standard input.
 *
 * @throws {NtStatusError} where the server refuses
 * @throws {TransferError} where the local file changed on the way
 */
export function uploadFile(
  env: TransferEnvironment,
  localPath: string,
  remotePath: string,
  options: TransferOptions = {},
): Promise<FinishedFile> {
  return new Upload(env, { localPath, remotePath }, env.signal).run(options);
}

/**
 * Stores what `items` yields, several at once, while it is still being walked. Directories are made.
 * Failures of single files are collected and the rest goes on.
 *
 * @throws {FatalFailure} where a file met what makes going on pointless: a lost connection, a full disk
 * @throws the reason of an abort
 */
export async function uploadMany(
  env: TransferEnvironment,
  items: Iterable<UploadItem> | AsyncIterable<UploadItem>,
): Promise<TransferSummary> {
  const tally = new Tally(env);
  const directories = new RemoteDirectories(env.tree);
  const targets = env.targets ?? new TargetClaims("\\");
  const failure = ({ localPath, remotePath }: UploadItem, error: unknown): TransferFailure => ({
    path: localPath,
    remotePath,
    localPath,
    error,
  });
  await runBounded({
    items: (env.progress ?? silentProgress).survey(items, measure),
    jobs: jobsOf(env.settings),
    budget: BUDGET_BYTES,
    weigh: (item) => weightOf(item.isDirectory === true ? 0 : item.size),
    run: async (item, signal) => {
      await env.drained?.();
      if (item.error !== undefined) throw item.error;
      const claim = claimOf(item);
      const rival = targets.rivalOf(claim);
      const refuseRival = (): Promise<void> => refuseRemoteRival(env.tree, claim, rival, signal);
      if (claim.isDirectory) return directories.begin(item.remotePath, signal, refuseRival);
      await directories.ready(item.remotePath);
      await refuseRival();
      tally.finished(await new Upload(env, item, signal).run({}));
    },
    onFailure: (item, error) => tally.failed(failure(item, error)),
    explainFatal: (item, error) => new FatalFailure(failure(item, error)),
    onLeft: env.onLeft && ((item) => tally.left(item)),
    signal: env.signal,
  });
  return tally.summary();
}

function claimOf({ localPath, remotePath, isDirectory }: UploadItem): Claim {
  return { source: localPath, target: remotePath, isDirectory: isDirectory === true };
}

function measure({ isDirectory, error, size }: UploadItem): Measure {
  const isFile = isDirectory !== true && error === undefined;
  return isFile ? { files: 1, bytes: size } : { files: 0, bytes: 0 };
}

/** What was written to a file that is not finished yet. */
interface Written {
  readonly size: number;
  /** Bytes on the wire. */
  readonly sent: number;
  readonly hasHoles: boolean;
}

class Upload {
  readonly #env: TransferEnvironment;
  readonly #item: UploadItem;
  readonly #signal: AbortSignal;
  readonly #startedAt = performance.now();
  /** Where it is written until it is whole; undefined for writing in place. */
  readonly #temporaryPath: string | undefined;

  constructor(env: TransferEnvironment, item: UploadItem, signal: AbortSignal) {
    this.#env = env;
    this.#item = item;
    this.#signal = signal;
    this.#temporaryPath = temporaryPathOf(item.remotePath, env.settings.inplace);
  }

  async run(options: TransferOptions): Promise<FinishedFile> {
    const { localPath, size } = this.#item;
    const progress = (this.#env.progress ?? silentProgress).begin(localPath, size);
    try {
      this.#signal.throwIfAborted();
      const finished = await this.#store(options, progress);
      progress.done();
      return finished;
    } catch (error) {
      const told = await this.#explain(error);
      progress.failed(told);
      throw told;
    }
  }

  async #store(options: TransferOptions, progress: FileProgress): Promise<FinishedFile> {
    const { localPath } = this.#item;
    if (options.resume === true) return this.#resume(progress, options);
    // Whoever writes into a pipe notices when it is opened: it is opened once.
    if (options.looksFirst === true && isStream(localPath)) await this.#refuseDirectory();
    const source = await LocalSource.open(localPath);
    try {
      const { size } = source;
      if (size !== undefined) progress.expect(size);
      const isSmall = size !== undefined && size <= smallLimit(this.#env.tree, this.#env.settings);
      if (isSmall) return await this.#storeSmall(source, size, progress);
      const isToKeep = size !== undefined && isKept(this.#env, size);
      const kept = isToKeep ? await this.#openKept(source, false) : undefined;
      if (kept !== undefined) return await this.#storeKept(source, kept, progress);
      return await this.#storeLarge(source, progress);
    } finally {
      source.close();
    }
  }

  /** Goes on with what was kept, else with what has the real name; without either it is a `put`. */
  async #resume(progress: FileProgress, options: TransferOptions): Promise<FinishedFile> {
    const { localPath, remotePath } = this.#item;
    // Before it is opened: nobody may be writing into a pipe.
    if (isStream(localPath)) throw notResumable(localPath);
    const source = await LocalSource.open(localPath);
    try {
      const env = { ...this.#env, signal: this.#signal };
      if (this.#temporaryPath !== undefined && env.settings.partialFromBytes !== undefined) {
        if (source.size === undefined) throw notResumable(localPath);
        const kept = await this.#openKept(source, true);
        if (kept !== undefined) return await this.#storeKept(source, kept, progress);
        if (!(await this.#isThere())) {
          const settings = { ...env.settings, partialFromBytes: 0 };
          const whole = new Upload({ ...env, settings }, this.#item, this.#signal);
          return await whole.#store({ ...options, resume: false }, progress);
        }
      }
      const { size, bytes } = await resumeUpload(env, source, remotePath, progress);
      return this.#finished(size, bytes);
    } finally {
      source.close();
    }
  }

  async #storeSmall(
    source: LocalSource,
    size: number,
    progress: FileProgress,
  ): Promise<FinishedFile> {
    await writeSmallFile(this.#env.tree, {
      path: this.#item.remotePath,
      temporaryPath: this.#temporaryPath,
      data: source.readWhole(size),
      times: this.#env.settings.keepTimes ? remoteTimes(source.stats) : undefined,
      onTimesRefused: noteTimesRefused(this.#env, this.#item.remotePath),
      signal: this.#signal,
    });
    progress.advance(size);
    return this.#finished(size, size);
  }

  async #openKept(source: LocalSource, mustExist: boolean): Promise<KeptUpload | undefined> {
    if (this.#temporaryPath === undefined) return undefined;
    const env = { ...this.#env, signal: this.#signal };
    const { remotePath } = this.#item;
    const path = keptUploadPath(source, remotePath);
    return await KeptUpload.open(env, source, { path, remotePath, mustExist });
  }

  async #storeKept(
    source: LocalSource,
    kept: KeptUpload,
    progress: FileProgress,
  ): Promise<FinishedFile> {
    const { settings } = this.#env;
    const { file, start, writer } = kept;
    const signal = this.#signal;
    let written: Written;
    try {
      if (start > 0) progress.advance(start);
      written = await this.#send(source, file, progress, writer);
      // From here on a failure removes it.
      signal.throwIfAborted();
    } catch (error) {
      await kept.breakOff({ ...this.#env, signal }, error);
      throw error;
    }
    const times = settings.keepTimes ? remoteTimes(source.stats) : undefined;
    const { size, sent, hasHoles } = written;
    await completeFile(file, { renameTo: this.#item.remotePath, size, times, hasHoles, signal });
    return this.#finished(size, sent);
  }

  async #isThere(): Promise<boolean> {
    try {
      await this.#env.tree.stat(this.#item.remotePath, { signal: this.#signal });
      return true;
    } catch (error) {
      const isMissing =
        error instanceof NtStatusError && error.status === NtStatus.OBJECT_NAME_NOT_FOUND;
      if (isMissing) return false;
      throw error;
    }
  }

  async #storeLarge(source: LocalSource, progress: FileProgress): Promise<FinishedFile> {
    const { tree, settings } = this.#env;
    const { remotePath } = this.#item;
    const paths = { path: remotePath, temporaryPath: this.#temporaryPath };
    const { file, temporaryPath } = await openDestination(tree, paths, { signal: this.#signal });
    const inPlace = temporaryPath === undefined ? new PrefixWriter(file, 0) : undefined;
    let written: Written;
    try {
      written = await this.#send(source, file, progress, inPlace);
    } catch (error) {
      if (inPlace !== undefined)
        await inPlace.cutBack(error instanceof SourceChanged ? 0 : undefined);
      else await giveUp(tree, file.fileId, temporaryPath);
      throw error;
    }
    const keepsTimes = settings.keepTimes && source.size !== undefined;
    const times = keepsTimes ? remoteTimes(source.stats) : undefined;
    const signal = this.#signal;
    const { size, sent, hasHoles } = written;
    if (temporaryPath === undefined)
      await completeInPlace(this.#env, file, { size, times, signal });
    else await completeFile(file, { renameTo: remotePath, size, times, hasHoles, signal });
    return this.#finished(size, sent);
  }

  async #send(
    source: LocalSource,
    file: RemoteFile,
    progress: FileProgress,
    inPlace: PrefixWriter | undefined,
  ): Promise<Written> {
    const { settings } = this.#env;
    const hasHoles = source.hasHoles && (await this.#allowHoles(file));
    const options: WritePipelineOptions = {
      length: source.size === undefined ? undefined : source.size - (inPlace?.end ?? 0),
      fetch: (buffer, offset) => source.fetch(buffer, offset, this.#signal),
      onWritten: (bytes) => progress.advance(bytes),
      skipZeros: hasHoles,
      signal: this.#signal,
      chunkBytes: settings.ioSize,
      windowBytes: WINDOW_BYTES,
    };
    const { end, sent } = await (inPlace?.write(options) ?? writePipeline(file, options));
    source.expectUnchanged(end);
    if (hasHoles) await file.setEndOfFile(end, { signal: this.#signal });
    return { size: end, sent, hasHoles };
  }

  async #allowHoles(file: RemoteFile): Promise<boolean> {
    try {
      await setSparse(file, { signal: this.#signal });
      return true;
    } catch (error) {
      if (error instanceof NtStatusError) return false;
      throw error;
    }
  }

  /** Sending says so, too, but the other end of a pipe would have to begin again. */
  async #refuseDirectory(): Promise<void> {
    if (this.#temporaryPath === undefined) return;
    const path = this.#item.remotePath;
    if (await isRemoteDirectory(this.#env.tree, path, this.#signal)) {
      throw new NtStatusError(NtStatus.FILE_IS_A_DIRECTORY, { command: "CREATE", path });
    }
  }

  /** Why an upload is not permitted, where the file's attributes or the directory tell. */
  async #explain(error: unknown): Promise<unknown> {
    const isDenied = error instanceof NtStatusError && error.status === NtStatus.ACCESS_DENIED;
    if (!isDenied || error.explanation !== undefined) return error;
    const path = this.#item.remotePath;
    const stat = await this.#env.tree.stat(path, { signal: this.#signal }).catch(() => undefined);
    const explanation = whyNotOverwritten(stat?.attributes ?? 0) ?? this.#directoryHint;
    if (explanation === undefined) return error;
    const { status, command } = error;
    return new NtStatusError(status, { command, path, explanation, cause: error });
  }

  /** A directory that takes new files but lets nobody rename or delete them needs other means. */
  get #directoryHint(): string | undefined {
    if (this.#temporaryPath === undefined) return undefined;
    return "You have no permission for that. If this directory accepts new files but does not allow renaming them, use --inplace";
  }

  #finished(size: number, bytes: number): FinishedFile {
    const { remotePath, localPath } = this.#item;
    const ms = performance.now() - this.#startedAt;
    return { direction: "upload", remotePath, localPath, size, bytes, ms };
  }
}

/** [MS-FSA] 2.1.5.1.2: files with these attributes cannot be overwritten by others without them. */
function whyNotOverwritten(attributes: number): string | undefined {
  if ((attributes & FileAttributes.READONLY) !== 0)
    return "The file is read-only: take that attribute away first (setmode NAME -r)";
  if ((attributes & (FileAttributes.HIDDEN | FileAttributes.SYSTEM)) !== 0)
    return "The file is hidden or a system file, which is not overwritten: take these attributes away first (setmode NAME -hs)";
  return undefined;
}

function isStream(localPath: string): boolean {
  if (localPath === "-") return true;
  const stats = statSync(localPath, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

/** Whether a directory has that name, as far as the server tells. */
async function isRemoteDirectory(tree: Tree, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    return (await tree.stat(path, { signal })).isDirectory;
  } catch (error) {
    if (error instanceof NtStatusError) return false;
    throw error;
  }
}

/** Beside the final name; a stream of a file cannot be renamed into being one. */
function temporaryPathOf(remotePath: string, inplace: boolean): string | undefined {
  const cut = remotePath.lastIndexOf("\\") + 1;
  const name = remotePath.slice(cut);
  if (inplace || name.includes(":")) return undefined;
  // Without the dot: Samba hides files that begin with one, and they stay hidden when renamed.
  return remotePath.slice(0, cut) + temporaryName(name, "");
}
