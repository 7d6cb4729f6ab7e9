import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
} from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Piece, TransferError } from "../../core/index.ts";
import { InOrder } from "./in-order.ts";
import { writeAll, writeAllSync } from "./local-io.ts";
import { linkTarget } from "./local-names.ts";
import { LocalPace } from "./local-pace.ts";
import { temporaryName } from "./temporary-name.ts";
import { type LocalTimes, setLocalTimes } from "./times.ts";

/** Names of open files: what lies behind them is written to, never replaced. */
const DESCRIPTOR = /^\/(?:dev\/(?:stdout|stderr|fd\/)|proc\/)/;
const PERMISSIONS = 0o7777;
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const OVERWRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;

/** Where the bytes of a download go. Exactly one of `finish` and `discard` ends it. */
export interface LocalTarget {
  /** Holes can be left out: `allot` makes them. */
  readonly canHaveHoles: boolean;
  /** Only `ranges` of `size` bytes will be written; all else reads as zeros. To be called first. */
  allot(size: number, ranges: readonly Piece[]): void;
  /** Takes bytes in any order; resolves when they are written, in order where that matters. */
  write(data: Uint8Array, offset: number, signal: AbortSignal): Promise<void>;
  /**
   * All bytes were written: gives the file its times and its name.
   *
   * @throws {TransferError} where the local file is not exactly `size` bytes long
   */
  finish(size: number, times: LocalTimes | undefined): Promise<void>;
  /**
   * The transfer failed: removes what is ours to remove, and empties what has its real name if it `isTorn`:
   * if its bytes may be of several versions. Never throws.
   */
  discard(isTorn?: boolean): void;
}

/**
 * Opens where a download to `path` goes. A regular file is written beside `path` and takes its place
 * when it is finished, with the permissions of the one that it replaces; a symbolic link is followed.
 * Without a temporary name `path` itself is written. Devices, pipes and the
 * names of open files (`/dev/null`, `/dev/stdout`) are streams: never replaced, never given times.
 */
export async function openLocalTarget(
  path: string,
  usesTemporaryName: boolean,
  onNotice?: OnNotice,
): Promise<LocalTarget> {
  const place = resolveTarget(path);
  if (isStream(place)) return new StreamTarget(await open(path, "w"));
  return regularTarget(place, usesTemporaryName, onNotice);
}

/**
 * Stores a small file of which all bytes are there: as `openLocalTarget`, but at once. Returns false,
 * and does nothing, where `path` is a stream.
 */
export function storeLocalFile(
  path: string,
  data: Uint8Array,
  usesTemporaryName: boolean,
  times: LocalTimes | undefined,
  onNotice?: OnNotice,
): boolean {
  const place = resolveTarget(path);
  if (isStream(place)) return false;
  const target = regularTarget(place, usesTemporaryName, onNotice);
  try {
    writeAllSync(target.fd, data, 0);
    target.settle(times);
  } catch (error) {
    target.discard();
    throw error;
  }
  return true;
}

/** What a user should know that is not a failure: a file system that takes no times. */
export type OnNotice = ((message: string) => void) | undefined;

function regularTarget(place: Place, isRenamed: boolean, onNotice: OnNotice): DirectTarget {
  return isRenamed ? new RenamedTarget(place, onNotice) : new DirectTarget(place.path, onNotice);
}

/** How a file is opened, or that it is open already. */
interface Opened {
  /** It must be a beginning of the whole at any time. */
  readonly isOrdered: boolean;
  readonly flags?: number;
  readonly fd?: number | undefined;
}

export interface Place {
  readonly path: string;
  readonly existing: Stats | undefined;
}

/** Follows links. @throws {TransferError} where it is a directory */
export function resolveTarget(path: string): Place {
  const own = lstatSync(path, { throwIfNoEntry: false });
  const isLink = own?.isSymbolicLink() === true;
  const existing = isLink ? statSync(path, { throwIfNoEntry: false }) : own;
  if (existing?.isDirectory() === true) throw new TransferError(`${path} is a directory`);
  // A link that leads nowhere is replaced by the file.
  if (!isLink || existing === undefined) return { path, existing: isLink ? undefined : existing };
  return { path: DESCRIPTOR.test(path) ? path : linkTarget(path), existing };
}

/** What is written to and never replaced. */
export function isStream({ path, existing }: Place): boolean {
  if (existing === undefined) return false;
  return !existing.isFile() || DESCRIPTOR.test(path);
}

/** Files that exist only until their transfer ends, and how to give them up if the process ends first. */
const unfinished = new Map<string, () => void>();

function giveUpUnfinished(): void {
  for (const giveUp of unfinished.values()) giveUp();
  unfinished.clear();
}

function remember(path: string, giveUp: () => void): void {
  if (unfinished.size === 0 && !process.listeners("exit").includes(giveUpUnfinished)) {
    process.on("exit", giveUpUnfinished);
  }
  unfinished.set(path, giveUp);
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone, or its directory is: nothing more can be done.
  }
}

/**
 * A regular file at its own name: what `get` does when it must pass for smbclient. It is written in
 * order, so that whatever happens, what has the name is a beginning of what was to be stored.
 */
export class DirectTarget implements LocalTarget {
  readonly canHaveHoles: boolean = true;
  readonly fd: number;
  readonly path: string;
  readonly #pace = new LocalPace();
  readonly #isOrdered: boolean;
  #order = this.#orderFrom(0);
  readonly #onNotice: OnNotice;
  #allotted = 0;
  #isOpen = true;

  constructor(path: string, onNotice: OnNotice, opened: Opened = { isOrdered: true }) {
    this.path = path;
    this.#onNotice = onNotice;
    this.#isOrdered = opened.isOrdered;
    this.fd = opened.fd ?? openSync(path, opened.flags ?? OVERWRITE, 0o666);
  }

  /** Everything before `start` is there already. */
  begin(start: number): void {
    this.#order = this.#orderFrom(start);
  }

  #orderFrom(start: number): InOrder {
    return new InOrder(start, (data, offset, signal) => this.#put(data, offset, signal));
  }

  /** The name that it is known by. */
  protected get shownPath(): string {
    return this.path;
  }

  allot(size: number, ranges: readonly Piece[]): void {
    this.#order.expect(ranges);
    this.#allotted = size;
  }

  write(data: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    if (this.#isOrdered) return this.#order.write(data, offset, signal);
    return this.#put(data, offset, signal);
  }

  #put(data: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    return this.#pace.run(
      () => {
        // It may have waited for its turn.
        signal.throwIfAborted();
        writeAllSync(this.fd, data, offset);
      },
      () => {
        signal.throwIfAborted();
        return writeAll(this.fd, data, offset);
      },
    );
  }

  async finish(size: number, times: LocalTimes | undefined): Promise<void> {
    // Behind the last range there may be a hole.
    if (this.#allotted > 0) ftruncateSync(this.fd, this.#allotted);
    const written = fstatSync(this.fd).size;
    if (written !== size) {
      throw new TransferError(
        `${this.shownPath} would have ${written} bytes instead of ${size}: not stored`,
      );
    }
    this.settle(times);
  }

  /** The last steps for a file whose size is known to be right. */
  settle(times: LocalTimes | undefined): void {
    if (times !== undefined) this.#setTimes(times);
    this.close();
  }

  #setTimes(times: LocalTimes): void {
    const reason = setLocalTimes(this.fd, times);
    if (reason !== undefined)
      this.#onNotice?.(`${this.shownPath} was not given its times: ${reason}`);
  }

  discard(isTorn?: boolean): void {
    if (isTorn === true && this.#isOpen) ftruncateSync(this.fd, 0);
    this.close();
  }

  protected close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.fd);
  }
}

/** A regular file under a temporary name, renamed when it is whole. */
export class RenamedTarget extends DirectTarget {
  readonly #finalPath: string;

  /** `part` is where it is until then; by default a new file. Nobody reads that: no order is kept. */
  constructor(place: Place, onNotice: OnNotice, part?: Opened & { readonly path: string }) {
    const path = join(dirname(place.path), temporaryName(basename(place.path), "."));
    super(part?.path ?? path, onNotice, { isOrdered: false, flags: NEW_FILE, ...part });
    this.#finalPath = place.path;
    remember(this.path, () => this.discard());
    if (place.existing !== undefined) this.#keepMode(place.existing.mode & PERMISSIONS);
  }

  protected override get shownPath(): string {
    return this.#finalPath;
  }

  override settle(times: LocalTimes | undefined): void {
    super.settle(times);
    renameSync(this.path, this.#finalPath);
    unfinished.delete(this.path);
  }

  /** It has its temporary name. */
  protected get isUnfinished(): boolean {
    return unfinished.has(this.path);
  }

  /** It has got another name than that of its target, and stays. */
  protected forget(): void {
    unfinished.delete(this.path);
  }

  override discard(_isTorn?: boolean): void {
    super.discard();
    if (unfinished.delete(this.path)) unlinkQuietly(this.path);
  }

  #keepMode(mode: number): void {
    try {
      fchmodSync(this.fd, mode);
    } catch (error) {
      this.discard();
      throw error;
    }
  }
}

/** A device, a pipe, a terminal: bytes go there in order, and that is all. */
class StreamTarget implements LocalTarget {
  readonly canHaveHoles: boolean = false;
  readonly #handle: FileHandle;
  readonly #order: InOrder;

  constructor(handle: FileHandle) {
    this.#handle = handle;
    this.#order = new InOrder(0, (data) => writeAll(handle.fd, data, null));
  }

  allot(): void {}

  write(data: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    return this.#order.write(data, offset, signal);
  }

  finish(): Promise<void> {
    return this.#handle.close();
  }

  discard(): void {
    this.#handle.close().catch(() => {});
  }
}

/** Standard output, or whatever takes bytes in order. */
export class OutputTarget implements LocalTarget {
  readonly canHaveHoles: boolean = false;
  readonly #order: InOrder;

  constructor(put: (data: Uint8Array) => Promise<void>) {
    this.#order = new InOrder(0, put);
  }

  allot(): void {}

  write(data: Uint8Array, offset: number, signal: AbortSignal): Promise<void> {
    return this.#order.write(data, offset, signal);
  }

  async finish(): Promise<void> {}

  discard(): void {}
}
