import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RdmaError } from "./errors.ts";

/** What the addon exports. Everything here is checked and completed by the classes around it. */
export interface NativeAddon {
  /** On libibverbs and librdmacm. */
  readonly verbs: NativeProvider;
  /** On Unix sockets and process_vm_readv. */
  readonly test: NativeProvider;
}

export interface NativeProvider {
  unavailable(): string | undefined;
  devices(): readonly NativeDevice[];
  resolve(address: string, port: number, localAddress: string, timeoutMs: number): NativeConnection;
  listen(
    address: string,
    port: number,
    backlog: number,
    incoming: (connection: NativeConnection) => void,
  ): NativeListener;
}

export interface NativeDevice {
  readonly name: string;
  readonly problem: string | undefined;
  /** In the order of `readLimits`; empty where there is a problem. */
  readonly limits: readonly number[];
  readonly maxRegionSize: bigint;
  readonly firmware: string;
}

export interface NativeListener {
  readonly address: string;
  readonly port: number;
  close(): void;
}

export interface NativeAddresses {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

export interface NativeEndpoint {
  readonly receiveRegion: number;
  readonly receiveSize: number;
  readonly receiveCount: number;
  readonly sendQueueDepth: number;
  readonly privateData: Uint8Array;
  readonly initiatorDepth: number;
  readonly responderResources: number;
  readonly retryCount: number;
  readonly rnrRetryCount: number;
}

export type NativeEvent = (
  type: number,
  first: number,
  second: number,
  bytes: Uint8Array | undefined,
) => void;

export interface NativeConnection {
  attach(event: NativeEvent): void;
  /** From RESOLVED on, or for an incoming connection at once. */
  deviceName(): string;
  domain(): NativeDomain;
  addresses(): NativeAddresses;
  /** What an incoming connection asks for. */
  request(): readonly [privateData: Uint8Array, initiatorDepth: number, responderResources: number];
  establish(endpoint: NativeEndpoint): void;
  reject(privateData: Uint8Array): void;
  /** maxSendRanges, maxReadRanges, sendQueueDepth. */
  limits(): readonly [number, number, number];
  start(records: Uint32Array, completions: (count: number) => void): void;
  /** 0, or one of `SubmitProblem`, or an errno. */
  submit(
    words: Uint32Array,
    wordCount: number,
    receives: Uint32Array,
    receiveCount: number,
  ): number;
  outstanding(): number;
  /** Completions, batches, bytes received, sent and read. */
  statistics(): readonly number[];
  disconnect(): void;
  destroy(): void;
  setReferenced(isReferenced: boolean): void;
}

export interface NativeDomain {
  register(memory: Uint8Array, access: number): NativeRegion;
  allocate(byteLength: number, access: number): NativeRegion;
  closeRegion(id: number): void;
  createWindow(): readonly [id: number, key: number];
  closeWindow(id: number): void;
}

export interface NativeRegion {
  readonly id: number;
  readonly memory: Uint8Array;
  readonly addressHigh: number;
  readonly addressLow: number;
  readonly localKey: number;
  readonly remoteKey: number;
}

/** What the addon throws. */
export interface NativeFailure extends Error {
  readonly errno?: number;
  /** One of `RdmaErrorKind`. */
  readonly kind?: string;
}

/** The numbers of the addon's events. */
export const EventType = {
  RESOLVED: 0,
  /** initiatorDepth, responderResources, private data. */
  ESTABLISHED: 1,
  /** One of `FAILURE_KINDS`, a number of its own, private data. */
  FAILED: 2,
  /** One of `FAILURE_KINDS` or NO_FAILURE, a number of its own (opcode << 8 | status). */
  CLOSED: 3,
  /** The type of ibv_event_type, the port. */
  ASYNCHRONOUS: 4,
} as const;

/** The order is the addon's. */
export const FAILURE_KINDS = [
  "address",
  "route",
  "unreachable",
  "rejected",
  "connect",
  "device",
  "system",
  "completion",
] as const;

export const NO_FAILURE = 255;

/** Why `submit` handed nothing over. */
export const SubmitProblem = { CLOSED: -1, QUEUE_FULL: -2, INVALID: -3 } as const;

const require = createRequire(import.meta.url);

/** The folder with the addon and its notes: beside lib/ and dist/, also where this was bundled. */
function buildFolder(): string {
  const beside = fileURLToPath(new URL("../build", import.meta.url));
  if (existsSync(beside)) return beside;
  try {
    return join(dirname(require.resolve("rdma-verbs-napi/package.json")), "build");
  } catch {
    return beside;
  }
}

type Loaded = { readonly addon: NativeAddon } | { readonly reason: string };

let loaded: Loaded | undefined;

function load(): Loaded {
  if (process.platform !== "linux") return { reason: "rdma-verbs-napi runs on Linux only" };
  try {
    const path = join(buildFolder(), "Release", "rdma_verbs_napi.node");
    return { addon: require(path) as NativeAddon };
  } catch (error) {
    return { reason: readReason() ?? missing(error as NodeJS.ErrnoException) };
  }
}

function readReason(): string | undefined {
  try {
    return `rdma-verbs-napi is not built: ${readFileSync(join(buildFolder(), "unavailable.txt"), "utf8").trim()}`;
  } catch {
    return undefined;
  }
}

function missing({ code, message }: NodeJS.ErrnoException): string {
  return code === "MODULE_NOT_FOUND"
    ? "rdma-verbs-napi is not built (npm run build:addon)"
    : `rdma-verbs-napi cannot be loaded: ${message}`;
}

/** Why the addon cannot be used in this installation, or undefined where it can. */
export function addonUnavailable(): string | undefined {
  loaded ??= load();
  return "reason" in loaded ? loaded.reason : undefined;
}

/**
 * The addon.
 *
 * @throws {RdmaError} where it is unavailable, with the reason
 */
export function native(): NativeAddon {
  loaded ??= load();
  if ("addon" in loaded) return loaded.addon;
  throw new RdmaError(loaded.reason, { kind: "unavailable" });
}
