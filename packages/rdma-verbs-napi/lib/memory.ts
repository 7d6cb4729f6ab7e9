/** What may be done to memory; bits. As ibv_access_flags. */
export const Access = {
  /** Only reading by our own device: the source of sends and of RDMA WRITEs. */
  NONE: 0,
  LOCAL_WRITE: 1,
  /** The peer may write. Needs LOCAL_WRITE. */
  REMOTE_WRITE: 2,
  /** The peer may read. */
  REMOTE_READ: 4,
  /** Windows may be bound to it. */
  MEMORY_WINDOW_BIND: 16,
} as const;

/**
 * A protection domain: what memory belongs to. Each connection has one of its own, so that its peer
 * reaches nothing of another's, whatever key it guesses; nor can work requests of another name it.
 */
export interface RdmaDomain {
  /** The device's name. */
  readonly device: string;
  /**
   * Registers memory of the caller. The pages are locked, and the ArrayBuffer is held and cannot be
   * transferred to another thread any more. Registering costs a system call and some time for each
   * page: keep regions that are used again.
   *
   * @throws {RdmaError} "memory-lock-limit" where RLIMIT_MEMLOCK is too small, else "memory"
   */
  register(memory: Uint8Array, access: number): MemoryRegion;
  /** Makes new memory, aligned to pages and zeroed, and registers it. @throws {RdmaError} likewise */
  allocate(byteLength: number, access: number): MemoryRegion;
  /** Makes a memory window of type 2. @throws {RdmaError} "unsupported" where the device has none */
  createWindow(): MemoryWindow;
}

/** Registered memory. */
export interface MemoryRegion extends Disposable {
  readonly memory: Uint8Array;
  readonly access: number;
  /** What the peer names the first byte with, as two numbers of 32 bits and as one. */
  readonly addressHigh: number;
  readonly addressLow: number;
  readonly address: bigint;
  readonly localKey: number;
  /** The key for the peer. Where a peer invalidates it, some devices lose the region for good. */
  readonly remoteKey: number;
  readonly isClosed: boolean;
  /**
   * Takes the memory back from the device, and from the peer with it: at once, or after the last of our
   * own work requests that use it. Idempotent. A region that a window is bound to stays until the
   * window is closed or bound elsewhere.
   */
  close(): void;
}

/** A memory window of type 2: a narrow and short-lived view of a region for the peer. */
export interface MemoryWindow extends Disposable {
  /** The remote key of the last bind. */
  readonly remoteKey: number;
  /** Idempotent. */
  close(): void;
}
