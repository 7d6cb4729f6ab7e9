import type { MemoryRegion, MemoryWindow, RdmaDomain, RegionRange } from "rdma-verbs-napi";
import { AbortListeners } from "../../core/abort-listeners.ts";
import { TransportClosedError, TransportError } from "../../core/errors.ts";
import type { RdmaAccess, RdmaCapability, RdmaRegion } from "../../core/transport.ts";
import { encodeBufferDescriptors } from "./smbd-messages.ts";
import { Access, type VerbsConnection, WorkFlag } from "./verbs.ts";

/** The smallest region, in bytes; the others are larger by powers of four. */
const SMALLEST_REGION = 64 * 1024;
/** What is wanted of a region at least. */
const USUAL_REGION = 1024 * 1024;
/**
 * What is asked for where memory is plenty: each READ or WRITE costs a request, a window and a reply,
 * however much it moves, and several of this size still fit into a transfer's window.
 */
const LARGE_REGION = 4 * USUAL_REGION;
/** Registered memory of a connection at most, in bytes: a window of READs and one of WRITEs. */
const MOST_BYTES = 48 * 1024 * 1024;
/** Marks the work of windows, whose completions nobody waits for. */
const WINDOW_WORK = 0xffff_ffff;

const RIGHTS: Readonly<Record<RdmaAccess, number>> = {
  "peer-reads": Access.REMOTE_READ,
  "peer-writes": Access.LOCAL_WRITE | Access.REMOTE_WRITE,
};

/** One region, and the window through which alone the peer reaches it, where the device has any. */
interface PooledRegion {
  readonly region: MemoryRegion;
  /** What the region itself allows; undefined where its window decides that for each loan. */
  readonly access: RdmaAccess | undefined;
  readonly window: MemoryWindow | undefined;
  /** Invalidations of the window that the device has not carried out yet: it must live until then. */
  pendingWork: number;
}

interface Waiter {
  readonly size: number;
  readonly access: RdmaAccess;
  readonly resolve: (pooled: PooledRegion) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Registered memory that is lent to one READ or WRITE after the other ([MS-SMBD] 3.1.4.3): registering
 * costs a system call and work for each page. What the peer may still reach is never lent again.
 */
export class RegionPool implements RdmaCapability {
  /** At first what was agreed on; `prepare` finds out how much of it can be had. */
  maxReadWriteSize: number;
  pieceSize: number;
  readonly #connection: VerbsConnection;
  readonly #mostBytes: number;
  readonly #hasWindows: boolean;
  readonly #aborts = new AbortListeners();
  readonly #all = new Set<PooledRegion>();
  readonly #free = new Set<PooledRegion>();
  /** One for each direction, kept for good: whatever else locks memory, no request waits for ever. */
  readonly #reserve = new Set<PooledRegion>();
  readonly #waiting: Waiter[] = [];
  /** The keys of windows that the peer reaches now. */
  readonly #openKeys = new Set<number>();
  /** Whose invalidations are under way, in order. */
  readonly #invalidating: PooledRegion[] = [];
  #bytes = 0;
  #isClosed = false;

  constructor(
    connection: VerbsConnection,
    maxReadWriteSize: number,
    mostBytes: number = MOST_BYTES,
  ) {
    this.#connection = connection;
    this.#mostBytes = mostBytes;
    this.maxReadWriteSize = Math.min(maxReadWriteSize, mostBytes / 4);
    this.pieceSize = Math.min(this.maxReadWriteSize, LARGE_REGION);
    this.#hasWindows = connection.device.limits?.hasType2Windows === true;
  }

  /**
   * Registers the first regions, as large ones as may be locked: they are the measure for every READ
   * and WRITE.
   *
   * @throws {RdmaError} where not even small ones can be had: data have to go in messages
   */
  prepare(): void {
    const largest = Math.min(LARGE_REGION, this.maxReadWriteSize);
    for (let size = this.#sizeFor(largest); ; size /= 4) {
      try {
        for (const access of ["peer-reads", "peer-writes"] as const) {
          const pooled = this.#make(size, access);
          this.#free.add(pooled);
          this.#reserve.add(pooled);
        }
        if (size < largest) this.maxReadWriteSize = Math.min(this.maxReadWriteSize, size);
        this.pieceSize = Math.min(this.pieceSize, this.maxReadWriteSize);
        return;
      } catch (error) {
        this.#reserve.clear();
        this.#discardFree();
        if (size <= SMALLEST_REGION) throw error;
      }
    }
  }

  async lend(length: number, access: RdmaAccess, signal?: AbortSignal): Promise<RdmaRegion> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw closedError();
    if (length > this.maxReadWriteSize) {
      throw new TransportError(`${length} bytes: the limit is ${this.maxReadWriteSize}`);
    }
    const size = this.#sizeFor(length);
    const pooled = this.#take(size, access) ?? (await this.#wait(size, access, signal));
    return this.#loan(pooled, length, access);
  }

  tryLend(length: number, access: RdmaAccess): RdmaRegion | undefined {
    // Who waits came first.
    const isNoUse = this.#isClosed || this.#waiting.length > 0 || length > this.maxReadWriteSize;
    if (isNoUse) return undefined;
    try {
      const pooled = this.#take(this.#sizeFor(length), access);
      return pooled === undefined ? undefined : this.#loan(pooled, length, access);
    } catch {
      // No memory may be locked at all: `lend` tells that.
      return undefined;
    }
  }

  /** The peer has invalidated a window's key: it reaches the region no more. */
  invalidated(key: number): void {
    this.#openKeys.delete(key);
  }

  /** The oldest invalidation of our own is done. */
  invalidationDone(): void {
    const pooled = this.#invalidating.shift();
    if (pooled === undefined) return;
    pooled.pendingWork -= 1;
    this.#serveWaiting();
  }

  /** The queue pair is gone, and with it every access of the peer: gives all regions back. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(closedError());
    for (const pooled of [...this.#all]) this.#discard(pooled);
  }

  #sizeFor(length: number): number {
    let size = SMALLEST_REGION;
    while (size < length) size *= 4;
    return Math.min(size, Math.max(length, this.maxReadWriteSize));
  }

  /** A free region, or a new one; undefined where as many are lent as may be. */
  #take(size: number, access: RdmaAccess): PooledRegion | undefined {
    const free = this.#takeFree(access, (length) => length === size);
    if (free !== undefined) return free;
    this.#makeRoom(size);
    if (this.#bytes + size > this.#mostBytes) return undefined;
    try {
      return this.#make(size, access);
    } catch {
      // No more memory may be locked: what is free makes room, and what is lent comes back.
      this.#discardFree();
      return this.#makeInstead(size, access);
    }
  }

  #makeInstead(size: number, access: RdmaAccess): PooledRegion | undefined {
    try {
      return this.#make(size, access);
    } catch (error) {
      // Smaller ones, several at once, keep the device busy.
      this.pieceSize = Math.min(this.pieceSize, Math.max(USUAL_REGION, size / 4));
      const larger = this.#takeFree(access, (length) => length >= size);
      if (larger !== undefined || this.#isMoreToCome()) return larger;
      throw error;
    }
  }

  /** Something is lent, or is no longer but still known to the device. */
  #isMoreToCome(): boolean {
    if (this.#free.size < this.#all.size) return true;
    return [...this.#free].some(({ pendingWork }) => pendingWork > 0);
  }

  #takeFree(access: RdmaAccess, fits: (length: number) => boolean): PooledRegion | undefined {
    for (const pooled of this.#free) {
      const suits = pooled.access === undefined || pooled.access === access;
      if (!suits || !fits(pooled.region.memory.length)) continue;
      this.#free.delete(pooled);
      return pooled;
    }
    return undefined;
  }

  #discardFree(): void {
    for (const pooled of this.#free) if (this.#isDispensable(pooled)) this.#discard(pooled);
  }

  #isDispensable(pooled: PooledRegion): boolean {
    return pooled.pendingWork === 0 && !this.#reserve.has(pooled);
  }

  /** Gives free regions of other sizes up until `size` more bytes are allowed. */
  #makeRoom(size: number): void {
    for (const pooled of this.#free) {
      if (this.#bytes + size <= this.#mostBytes) return;
      if (this.#isDispensable(pooled)) this.#discard(pooled);
    }
  }

  #make(size: number, access: RdmaAccess): PooledRegion {
    const { domain } = this.#connection;
    const rights = this.#hasWindows
      ? Access.LOCAL_WRITE | Access.MEMORY_WINDOW_BIND
      : RIGHTS[access];
    const region = domain.allocate(size, rights);
    const window = this.#hasWindows ? windowFor(region, domain) : undefined;
    const rule = this.#hasWindows ? undefined : access;
    const pooled: PooledRegion = { region, access: rule, window, pendingWork: 0 };
    this.#all.add(pooled);
    this.#bytes += size;
    return pooled;
  }

  #discard(pooled: PooledRegion): void {
    this.#all.delete(pooled);
    this.#free.delete(pooled);
    this.#bytes -= pooled.region.memory.length;
    pooled.window?.close();
    pooled.region.close();
  }

  #wait(size: number, access: RdmaAccess, signal: AbortSignal | undefined): Promise<PooledRegion> {
    return new Promise((resolve, reject) => {
      let forget: (() => void) | undefined;
      const waiter: Waiter = {
        size,
        access,
        resolve: (pooled) => {
          forget?.();
          resolve(pooled);
        },
        reject: (error) => {
          forget?.();
          reject(error);
        },
      };
      this.#waiting.push(waiter);
      if (signal === undefined) return;
      forget = this.#aborts.add(signal, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(signal.reason);
      });
    });
  }

  #loan(pooled: PooledRegion, length: number, access: RdmaAccess): RdmaRegion {
    const { region, window } = pooled;
    let key: number | undefined;
    let isLent = true;
    const hide = (): void => {
      if (key !== undefined) this.#unbind(pooled, key);
      key = undefined;
    };
    return {
      memory: region.memory.subarray(0, length),
      canBeInvalidated: window !== undefined,
      expose: (offset, count) => {
        if (!isLent || offset < 0 || offset + count > length) {
          throw new RangeError(`${count} bytes at ${offset} are not in a loan of ${length}`);
        }
        hide();
        if (window !== undefined)
          key = this.#bind(window, { region, offset, length: count }, access);
        const token = key ?? region.remoteKey;
        const address = region.address + BigInt(offset);
        return encodeBufferDescriptors([{ offset: address, token, length: count }]);
      },
      release: () => {
        if (!isLent) return;
        isLent = false;
        hide();
        this.#giveBack(pooled);
      },
    };
  }

  /** Lets the peer reach so many bytes and no more, from the next message on. */
  #bind(window: MemoryWindow, range: RegionRange, access: RdmaAccess): number {
    const { UNSIGNALED } = WorkFlag;
    const key = this.#connection.postBind(WINDOW_WORK, window, range, RIGHTS[access], UNSIGNALED);
    this.#openKeys.add(key);
    return key;
  }

  /** Where the peer has not invalidated the key we do: before anything else is sent. */
  #unbind(pooled: PooledRegion, key: number): void {
    if (this.#isClosed || !this.#openKeys.delete(key)) return;
    pooled.pendingWork += 1;
    this.#invalidating.push(pooled);
    this.#connection.postInvalidate(WINDOW_WORK, key);
    // Somebody may wait for the memory, and nothing else need be sent soon.
    this.#submit();
  }

  #submit(): void {
    try {
      this.#connection.submit();
    } catch {
      // The connection is breaking, which ends every access anyway.
    }
  }

  #giveBack(pooled: PooledRegion): void {
    if (this.#isClosed) return;
    this.#free.add(pooled);
    this.#serveWaiting();
  }

  #serveWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      let found: PooledRegion | undefined;
      try {
        found = this.#take(next.size, next.access);
      } catch (error) {
        this.#waiting.shift();
        next.reject(error);
        continue;
      }
      if (found === undefined) return;
      this.#waiting.shift();
      next.resolve(found);
    }
  }
}

function windowFor(region: MemoryRegion, domain: Pick<RdmaDomain, "createWindow">): MemoryWindow {
  try {
    return domain.createWindow();
  } catch (error) {
    region.close();
    throw error;
  }
}

function closedError(): TransportClosedError {
  return new TransportClosedError("The connection is closed");
}
