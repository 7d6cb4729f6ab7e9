import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  open as openCallback,
  openSync,
  statSync,
} from "node:fs";
import { TransferError } from "../../core/index.ts";
import { readAll, readAllSync } from "./local-io.ts";
import { LocalPace } from "./local-pace.ts";
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

  private constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
    this.stats = fstatSync(fd, { bigint: true });
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

  /** It has bytes at offsets that do not change. */
  get #hasSize(): boolean {
    return this.path !== "-" && this.stats.isFile();
  }

  /** It takes less room on disk than its size: there are holes. */
  get hasHoles(): boolean {
    return this.#hasSize && this.stats.blocks * BLOCK_BYTES < this.stats.size;
  }

  /**
   * All of a small file at once, without leaving the thread.
   *
   * @throws {TransferError} where it is not as large as it was when it was opened
   */
  readWhole(size: number): Uint8Array {
    // One byte more than there should be shows that it grew.
    const buffer = Buffer.allocUnsafe(size + 1);
    const count = readAllSync(this.fd, buffer, 0);
    if (count !== size) throw this.#changed();
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
   * To be called when `sent` bytes went out.
   *
   * @throws {TransferError} where that is not what the file had, or has now
   */
  checkSent(sent: number): void {
    if (this.size === undefined) return;
    if (sent !== this.size || fstatSync(this.fd).size !== this.size) throw this.#changed();
  }

  close(): void {
    if (this.fd !== STDIN) closeSync(this.fd);
  }

  #changed(): TransferError {
    return new TransferError(`${this.path} changed its size while it was sent`);
  }
}
