import { markAsUntransferable } from "node:worker_threads";
import { RdmaError } from "./errors.ts";
import { calling } from "./failures.ts";
import { Access, type MemoryRegion, type MemoryWindow, type RdmaDomain } from "./memory.ts";
import type { NativeDomain, NativeRegion } from "./native.ts";

/** Offsets and lengths in work requests have 32 bits. */
const MAX_REGION = 0xffff_ffff;
const ALL_ACCESS = 1 | 2 | 4 | 16;

/** A protection domain of the addon. */
export class NativeRdmaDomain implements RdmaDomain {
  readonly device: string;
  readonly #native: NativeDomain;

  constructor(native: NativeDomain, device: string) {
    this.#native = native;
    this.device = device;
  }

  register(memory: Uint8Array, access: number): Region {
    checkRegion(memory.byteLength, access);
    if (memory.buffer instanceof SharedArrayBuffer) {
      throw new TypeError("Shared memory cannot be registered");
    }
    // Its pages stay with the device: they must not become another thread's.
    markAsUntransferable(memory.buffer);
    const region = calling(() => this.#native.register(memory, access));
    return new Region(this.#native, region, access);
  }

  allocate(byteLength: number, access: number): Region {
    checkRegion(byteLength, access);
    const region = calling(() => this.#native.allocate(byteLength, access));
    return new Region(this.#native, region, access);
  }

  createWindow(): Window {
    const [id, key] = calling(() => this.#native.createWindow());
    return new Window(this.#native, id, key);
  }
}

function checkRegion(byteLength: number, access: number): void {
  if (!Number.isInteger(byteLength) || byteLength < 1 || byteLength > MAX_REGION) {
    throw new RangeError(`A memory region has 1 to ${MAX_REGION} bytes, not ${byteLength}`);
  }
  if ((access & ~ALL_ACCESS) !== 0) throw new RangeError(`Unknown access bits in ${access}`);
  if ((access & Access.REMOTE_WRITE) !== 0 && (access & Access.LOCAL_WRITE) === 0) {
    throw new RangeError("REMOTE_WRITE needs LOCAL_WRITE");
  }
}

/** Registered memory of the addon. */
export class Region implements MemoryRegion {
  readonly id: number;
  readonly memory: Uint8Array;
  readonly access: number;
  readonly addressHigh: number;
  readonly addressLow: number;
  readonly localKey: number;
  readonly remoteKey: number;
  readonly #domain: NativeDomain;
  #isClosed = false;

  constructor(domain: NativeDomain, native: NativeRegion, access: number) {
    this.#domain = domain;
    this.id = native.id;
    this.memory = native.memory;
    this.access = access;
    this.addressHigh = native.addressHigh;
    this.addressLow = native.addressLow;
    this.localKey = native.localKey;
    this.remoteKey = native.remoteKey;
  }

  get address(): bigint {
    return (BigInt(this.addressHigh) << 32n) | BigInt(this.addressLow);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#domain.closeRegion(this.id);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A memory window of the addon. */
export class Window implements MemoryWindow {
  readonly id: number;
  readonly #domain: NativeDomain;
  #remoteKey: number;
  #isClosed = false;

  constructor(domain: NativeDomain, id: number, key: number) {
    this.#domain = domain;
    this.id = id;
    this.#remoteKey = key;
  }

  get remoteKey(): number {
    return this.#remoteKey;
  }

  /** The key of the next bind: the lowest byte is ours to choose, and changes with each. */
  nextKey(): number {
    if (this.#isClosed) throw new RdmaError("The memory window is closed", { kind: "closed" });
    this.#remoteKey = ((this.#remoteKey & ~0xff) | ((this.#remoteKey + 1) & 0xff)) >>> 0;
    return this.#remoteKey;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#domain.closeWindow(this.id);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
