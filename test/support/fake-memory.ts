import type { MemoryRegion, MemoryWindow } from "rdma-verbs-napi";
import { Access } from "../../src/transports/smbdirect/verbs.ts";

/** What a key of registered memory allows, checked as a device would. */
interface Grant {
  readonly memory: Uint8Array;
  /** What the peer names the first byte with. */
  readonly address: bigint;
  readonly access: number;
}

/** All registered memory of one end. */
export class FakeMemory {
  /** Bytes that may be registered at most. */
  lockLimit: number = Number.POSITIVE_INFINITY;
  readonly #grants = new Map<number, Grant>();
  #nextKey = 0x1000;
  #nextAddress = 0x7f00_0000_0000n;
  #bytes = 0;

  /** Keys that the peer can use now. */
  get keys(): number[] {
    return [...this.#grants.keys()];
  }

  get bytes(): number {
    return this.#bytes;
  }

  allocate(byteLength: number, access: number): MemoryRegion {
    if (this.#bytes + byteLength > this.lockLimit) {
      throw Object.assign(new Error("No more memory may be locked"), { kind: "memory-lock-limit" });
    }
    this.#bytes += byteLength;
    const memory = new Uint8Array(byteLength);
    const address = this.#nextAddress;
    this.#nextAddress += BigInt(byteLength) + 0x1000n;
    const remoteKey = this.grant({ memory, address, access });
    let isClosed = false;
    const close = (): void => {
      if (!isClosed) this.#bytes -= byteLength;
      isClosed = true;
      this.#grants.delete(remoteKey);
    };
    return {
      ...{ memory, access, address, remoteKey, localKey: remoteKey },
      addressHigh: Number(address >> 32n),
      addressLow: Number(address & 0xffff_ffffn),
      get isClosed() {
        return isClosed;
      },
      close,
      [Symbol.dispose]: close,
    };
  }

  /** Whether `bytes` lie in registered memory. */
  holds(bytes: Uint8Array): boolean {
    return [...this.#grants.values()].some(({ memory }) => memory.buffer === bytes.buffer);
  }

  createWindow(): MemoryWindow {
    return { remoteKey: 0, close() {}, [Symbol.dispose]() {} };
  }

  grant(grant: Grant): number {
    this.#nextKey += 0x101;
    this.#grants.set(this.#nextKey, grant);
    return this.#nextKey;
  }

  /** False where there is no such key. */
  invalidate(key: number): boolean {
    return this.#grants.delete(key);
  }

  /** Whether the peer reaches anything with this key. */
  allows(key: number): boolean {
    const remote = Access.REMOTE_READ | Access.REMOTE_WRITE;
    return ((this.#grants.get(key)?.access ?? 0) & remote) !== 0;
  }

  /** The bytes that a peer names, or undefined where its device would be refused. */
  reach(key: number, address: bigint, length: number, access: number): Uint8Array | undefined {
    const grant = this.#grants.get(key);
    if (grant === undefined || (grant.access & access) === 0) return undefined;
    const offset = Number(address - grant.address);
    if (offset < 0 || offset + length > grant.memory.length) return undefined;
    return grant.memory.subarray(offset, offset + length);
  }
}
