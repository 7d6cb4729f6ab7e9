import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  open as openCallback,
  openSync,
  statfsSync,
  statSync,
} from "node:fs";
import { TransferError } from "../../core/index.ts";
import { readAll, readAllSync } from "./local-io.ts";
import { LocalPace } from "./local-pace.ts";
import { localDifference, SourceChanged } from "./source-changed.ts";
import { readStream } from "./stream-input.ts";

/** Standard input's descriptor. */
const STDIN = 0;
/** The unit of st_blocks. */
const BLOCK_BYTES = 512n;

/** A local file, pipe or device that is being sent. Close it. */
export class LocalSource {
  readonly path: string;
  readonly stats: BigIntStats;
  readonly fd: number;
  readonly #pace = new LocalPace();

  /** It has bytes at offsets that do not change, and st_size says how many. */
  readonly #hasSize: boolean;

  private constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
    this.stats = fstatSync(fd, { bigint: true });
    this.#hasSize = path !== "-" && hasSize(path, fd, this.stats);
  }

  /**
   * Opens `path`; `-` is standard input. A pipe without a writer is waited for, without holding up
   * anything else.
   *
   * @throws {TransferError} where it is a directory; else the system's error
   */
  static async open(path: string): Promise<LocalSource> {
    if (path === "-") return new LocalSource(path, STDIN);
    const found = statSync(path);
    if (found.isDirectory()) throw new TransferError(`${path} is a directory`);
    if (found.isFile()) return new LocalSource(path, openSync(path, constants.O_RDONLY));
    return LocalSource.#openStream(path);
  }

  static #openStream(path: string): Promise<LocalSource> {
    return new Promise((resolve, reject) => {
      openCallback(path, constants.O_RDONLY, (error, fd) => {
        if (error === null) resolve(new LocalSource(path, fd));
        else reject(error);
      });
    });
  }

  /** In bytes; undefined for what has no size: a pipe, a device, what is left of standard input. */
  get size(): number | undefined {
    return this.#hasSize ? Number(this.stats.size) : undefined;
  }

  /** It takes less room on disk than its size: there are holes. */
  get hasHoles(): boolean {
    return this.#hasSize && this.stats.blocks * BLOCK_BYTES < this.stats.size;
  }

  /**
   * All of a small file at once, without leaving the thread.
   *
   * @throws {SourceChanged} where it is not as it was when it was opened
   */
  readWhole(size: number): Uint8Array {
    // One byte more than there should be shows that it grew.
    const buffer = Buffer.allocUnsafe(size + 1);
    const count = readAllSync(this.fd, buffer, 0);
    this.expectUnchanged(count);
    return buffer.subarray(0, size);
  }

  /**
   * Fills `buffer` with what is at `offset`; fewer bytes mean the end. Pipes are read on.
   * Only standard input is left at once when `signal` aborts: others do not keep one waiting long.
   */
  fetch(buffer: Uint8Array, offset: number, signal: AbortSignal): Promise<number> {
    if (this.fd === STDIN && !this.stats.isFile()) {
      return readStream(process.stdin, buffer, signal);
    }
    // Another program may have read the beginning of standard input: it goes on where that stopped.
    if (!this.#hasSize) return readAll(this.fd, buffer, null);
    return this.#pace.run(
      () => readAllSync(this.fd, buffer, offset),
      () => readAll(this.fd, buffer, offset),
    );
  }

  /**
   * To be called when `sent` bytes were read.
   *
   * @throws {SourceChanged} where that is not what the file had, or it is not as it was when it was opened
   */
  expectUnchanged(sent: number): void {
    if (!this.#hasSize && this.path !== "-") return;
    if (this.size !== undefined && sent !== this.size) throw this.#changed("changed its size");
    const difference = localDifference(this.stats, fstatSync(this.fd, { bigint: true }));
    if (difference !== undefined) throw this.#changed(difference);
  }

  close(): void {
    if (this.fd !== STDIN) closeSync(this.fd);
  }

  #changed(difference: string): SourceChanged {
    const name = this.path === "-" ? "Standard input" : this.path;
    return new SourceChanged(`${name} ${difference} while it was read`);
  }
}

/**
 * File systems that are a view of something else: their files have no size, or a page for any (as
 * statfs(2) numbers them: proc, sysfs, debugfs, tracefs, securityfs, configfs, cgroup, cgroup2, efivarfs).
 */
const WITHOUT_SIZES: ReadonlySet<number> = new Set([
  ...[0x9fa0, 0x62656572, 0x64626720, 0x74726163, 0x73636673, 0x62656570, 0x27e0eb, 0x63677270],
  0xde5e81e4,
]);

/** Whether st_size can be trusted. Only what takes no room on a disk is looked at twice. */
function hasSize(path: string, fd: number, stats: BigIntStats): boolean {
  if (!stats.isFile()) return false;
  if (stats.blocks > 0n) return true;
  if (stats.size === 0n) return readAllSync(fd, Buffer.allocUnsafe(1), 0) === 0;
  try {
    return !WITHOUT_SIZES.has(statfsSync(path).type);
  } catch {
    // It has lost its name since: nothing on those file systems does.
    return true;
  }
}
