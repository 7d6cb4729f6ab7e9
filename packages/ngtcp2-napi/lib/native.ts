import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { getSystemErrorName } from "node:util";

/** What the addon exports. Everything here is checked and completed by the classes around it. */
export interface NativeAddon {
  readonly SecureContext: new (options: object) => NativeSecureContext;
  readonly Endpoint: new (
    options: object,
    event: (incoming: NativeConnection | undefined) => void,
  ) => NativeEndpoint;
  readonly ngtcp2Version: string;
  readonly gnutlsVersion: string;
  closeAll(): void;
  /** The errno of a socket of quic.ko, 0 where the kernel has it. Not in one that was built before. */
  probeKernelQuic?(): number;
}

export interface NativeSecureContext {
  readonly trusted: number;
}

export interface NativeEndpoint {
  connect(options: object): NativeConnection;
  listen(options: object): void;
  stopListening(): void;
  close(): void;
  setReferenced(isReferenced: boolean): void;
  localAddress(): SocketAddress | undefined;
  statistics(): EndpointStatistics;
}

/** An address and port of UDP. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** How many datagrams and system calls a UDP socket has had. */
export interface EndpointStatistics {
  readonly datagramsReceived: number;
  readonly receiveCalls: number;
  readonly datagramsSent: number;
  readonly sendCalls: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Whether the kernel cuts large sends into datagrams. */
  readonly usesGso: boolean;
  /** Whether the kernel joins datagrams that arrive together. */
  readonly usesGro: boolean;
  readonly connections: number;
}

export type NativeEvent = (
  type: number,
  key: number,
  value: number,
  flag: boolean,
  bytes: Uint8Array | undefined,
) => void;

/** Tells that `count` bytes were placed; returns where the next go, or undefined to pause. */
export type NativeFill = (key: number, count: number, isEnd: boolean) => Uint8Array | undefined;

export interface NativeConnection {
  attach(event: NativeEvent, fill: NativeFill): void;
  open(isBidirectional: boolean): number;
  streamId(key: number): number | undefined;
  write(key: number, parts: readonly Uint8Array[], untilAcknowledged: boolean): boolean;
  end(key: number): void;
  resetStream(key: number, code: number): void;
  stopSending(key: number, code: number): void;
  setTarget(key: number, target: Uint8Array): void;
  release(key: number): void;
  close(isApplication: boolean, code: number, reason: string): void;
  destroy(): void;
  updateKeys(): boolean;
  setReferenced(isReferenced: boolean): void;
  info(): NativeInfo;
  counters(): ConnectionCounters;
  verification(): NativeVerification;
  closeReason(): NativeCloseReason;
}

export interface NativeInfo {
  readonly version: number;
  readonly alpn: string;
  readonly cipher: string;
  readonly group: string;
  readonly serverName: string;
  readonly isResumed: boolean;
  readonly wasCertificateRequested: boolean;
  readonly hadRetry: boolean;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
}

/** Numbers of a connection at one moment. */
export interface ConnectionCounters {
  /** UDP payload in bytes, with QUIC's own overhead. */
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** The smoothed and the smallest round-trip time in milliseconds. */
  readonly rttMs: number;
  readonly minRttMs: number;
  /** In bytes. */
  readonly congestionWindow: number;
  readonly bytesInFlight: number;
  /** The largest UDP payload that the path is known to carry. */
  readonly maxDatagram: number;
  readonly keyUpdates: number;
}

export interface NativeVerification {
  readonly done: boolean;
  readonly accepted: boolean;
  readonly status: number;
  readonly text: string;
  readonly chain: readonly Uint8Array[];
}

export interface NativeCloseReason {
  readonly kind: number;
  readonly code: number;
  readonly isRemote: boolean;
  readonly reason: string;
}

/** The numbers of the addon's events. */
export const EventType = {
  HANDSHAKE_COMPLETED: 0,
  HANDSHAKE_CONFIRMED: 1,
  STREAM_OPENED: 2,
  STREAM_RESET: 3,
  STOP_SENDING: 4,
  STREAM_CLOSED: 5,
  WRITTEN: 6,
  TICKET: 7,
  TOKEN: 8,
  KEY_UPDATED: 9,
  CLOSED: 10,
} as const;

// The addon and its notes are at the same place seen from lib/ and from dist/.
const ADDON = "../build/Release/ngtcp2_napi.node";
const REASON = new URL("../build/unavailable.txt", import.meta.url);

type Loaded = { readonly addon: NativeAddon } | { readonly reason: string };

let loaded: Loaded | undefined;

function load(): Loaded {
  if (process.platform !== "linux") return { reason: "ngtcp2-napi runs on Linux only" };
  try {
    const addon = createRequire(import.meta.url)(ADDON) as NativeAddon;
    // Peers hear of our end; without this they would wait for their idle time-outs.
    process.once("exit", () => addon.closeAll());
    return { addon };
  } catch (error) {
    return { reason: readReason() ?? missing(error as NodeJS.ErrnoException) };
  }
}

function readReason(): string | undefined {
  try {
    return `ngtcp2-napi is not built: ${readFileSync(REASON, "utf8").trim()}`;
  } catch {
    return undefined;
  }
}

function missing({ code, message }: NodeJS.ErrnoException): string {
  return code === "MODULE_NOT_FOUND"
    ? "ngtcp2-napi is not built (npm run build:addon)"
    : `ngtcp2-napi cannot be loaded: ${message}`;
}

/** Why QUIC cannot be used in this installation, or undefined where it can. */
export function unavailable(): string | undefined {
  loaded ??= load();
  return "reason" in loaded ? loaded.reason : undefined;
}

/**
 * The addon.
 *
 * @throws {Error} where it is unavailable, with the reason
 */
export function native(): NativeAddon {
  loaded ??= load();
  if ("addon" in loaded) return loaded.addon;
  throw new Error(loaded.reason);
}

/** The libraries at work: `ngtcp2 1.11.0, GnuTLS 3.7.9`. */
export function libraryVersions(): string {
  const { ngtcp2Version, gnutlsVersion } = native();
  return `ngtcp2 ${ngtcp2Version}, GnuTLS ${gnutlsVersion}`;
}

/** EPROTONOSUPPORT, and EPROTOTYPE where the protocol is known for other kinds of sockets. */
const NOT_SUPPORTED: ReadonlySet<number> = new Set([93, 91]);

/**
 * Why the kernel has no QUIC sockets (`IPPROTO_QUIC` of quic.ko), or undefined where it has. This
 * package never uses them.
 */
export function kernelQuicUnavailable(): string | undefined {
  const errno = native().probeKernelQuic?.();
  if (errno === undefined) return "unknown, the addon must be built anew";
  if (errno === 0) return undefined;
  return NOT_SUPPORTED.has(errno)
    ? "not supported by this kernel"
    : `the kernel refuses it: ${getSystemErrorName(-errno)}`;
}
