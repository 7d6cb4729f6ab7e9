import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import { type NativeSecureContext, native } from "./native.ts";

/** Whom to trust, and who we are. */
export interface SecureContextOptions {
  /** CA certificates, PEM or DER, beside the system's. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  readonly caFiles?: readonly string[];
  readonly caDirectories?: readonly string[];
  /** Trust the system's store. Default: true for clients, false for servers. */
  readonly systemCa?: boolean;
  /** Revocation lists, PEM or DER. */
  readonly crl?: string | Uint8Array | readonly (string | Uint8Array)[];
  readonly crlFiles?: readonly string[];
  /** Our certificate with its chain, and its key: PEM. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  readonly keyPassword?: string;
  /** A priority string of GnuTLS. Default: TLS 1.3 with the ciphers and groups that QUIC has. */
  readonly priority?: string;
  /** Servers only, 64 bytes: servers that share it accept each other's session tickets. */
  readonly ticketKey?: Uint8Array;
}

/** Trust and identity, read once and shared by any number of connections. */
export class SecureContext {
  /** @internal */
  readonly handle: NativeSecureContext;

  /** @throws {Error} where a file, certificate or key cannot be used */
  constructor(options: SecureContextOptions & { readonly isServer?: boolean } = {}) {
    this.handle = new (native().SecureContext)({
      ...options,
      ca: list(options.ca),
      crl: list(options.crl),
    });
  }

  /** How many issuers are trusted. */
  get trusted(): number {
    return this.handle.trusted;
  }
}

/** What both sides can set. Every duration is in milliseconds, 0 for none; every size in bytes. */
export interface TransportOptions {
  /** Protocols in order of preference; at least one. */
  readonly alpn: string | readonly string[];
  /** Default: 5000. */
  readonly handshakeTimeoutMs?: number;
  /** Default: 30,000. The smaller value of both sides counts. */
  readonly idleTimeoutMs?: number;
  /** Sends something after so much silence. Default: 10,000. */
  readonly keepAliveMs?: number;
  /** Receive windows: they start here (24 and 16 MiB) and grow to the maximum (96 and 64 MiB). */
  readonly connectionWindow?: number;
  readonly streamWindow?: number;
  readonly maxConnectionWindow?: number;
  readonly maxStreamWindow?: number;
  /** How many streams the peer may have open. Default: 100 of each kind. */
  readonly maxBidiStreams?: number;
  readonly maxUniStreams?: number;
  /** Default: "cubic". */
  readonly congestion?: "cubic" | "bbr" | "reno";
  /** The largest UDP payload to try, 1200–65,400; the path decides. Default: 65,400. */
  readonly maxDatagram?: number;
  /** Look for larger datagrams than 1200 bytes. Default: true. */
  readonly discoverMtu?: boolean;
  /** QUIC versions, best first. Default: 1 and 2. */
  readonly versions?: readonly number[];
  /** The round-trip time to assume before one is measured. Default: 333. */
  readonly initialRttMs?: number;
  /** Segmentation by the kernel. Default: true, where it can. */
  readonly gso?: boolean;
  readonly gro?: boolean;
  /** The socket's buffers; the kernel's limits apply. Default: 4 MiB. */
  readonly socketBuffer?: number;
}

/** How strictly the peer's certificate is checked. */
export type VerifyMode =
  /** Chain, dates, purpose and name. */
  | "full"
  /** The same without the name. */
  | "ca"
  /** Nothing; what is wrong is still reported in `info.verification`. */
  | "none";

/** What is kept of a connection for the next one to the same server. */
export interface QuicSession {
  readonly ticket: Uint8Array;
  /** With it the server need not ask for a Retry. */
  readonly token: Uint8Array | undefined;
  readonly serverName: string;
  /** Whether the certificate was checked when the session was made, and how. */
  readonly verify: VerifyMode;
}

export interface ConnectOptions extends TransportOptions, SecureContextOptions {
  /** The server's name or address: resolved, sent as SNI, and checked in the certificate. */
  readonly host: string;
  readonly port: number;
  /** Connect here instead of resolving `host`: a numeric address. */
  readonly address?: string;
  /** The name for SNI and the certificate instead of `host`. */
  readonly serverName?: string;
  /** Default: "full". */
  readonly verify?: VerifyMode;
  /** Instead of the options of a `SecureContext` here. */
  readonly context?: SecureContext;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly session?: QuicSession | undefined;
  /** The version of the first packet. Default: 1. */
  readonly initialVersion?: number;
  readonly signal?: AbortSignal;
}

export interface ListenOptions extends TransportOptions, SecureContextOptions {
  /** Numeric. Default: "::", for IPv4 as well. */
  readonly host?: string;
  /** Default: any free port. */
  readonly port?: number;
  readonly context?: SecureContext;
  /** Client certificates. Default: "none". */
  readonly clientCertificate?: "none" | "request" | "require";
  /** Give clients tickets for sessions that they can resume; some cannot bear them. Default: true. */
  readonly sessionTickets?: boolean;
  /** Ask clients to prove their address. Default: "auto", when many handshakes are unfinished. */
  readonly retry?: "never" | "auto" | "always";
  readonly maxConnections?: number;
  /** 32 bytes: servers that share it can reset each other's connections and accept each other's tokens. */
  readonly resetSecret?: Uint8Array;
  readonly reusePort?: boolean;
  readonly ipv6Only?: boolean;
}

/** The version field of QUIC. */
export const QuicVersion = { V1: 1, V2: 0x6b3343cf } as const;

export function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/**
 * What the addon wants to know for a client's connection.
 *
 * @throws {TypeError} where a certificate is to be checked and there is no name to check it against
 */
export function clientOptions(options: ConnectOptions, context: SecureContext): object {
  const name = options.serverName ?? options.host;
  const verify = options.verify ?? "full";
  const verifyName = name.replace(/\.$/, "");
  if (verify === "full" && (verifyName === "" || verifyName.includes("\0"))) {
    throw new TypeError(`No certificate can have the name "${name}"`);
  }
  const { session } = options;
  // A session counts as verified only as far as its first connection was.
  const fits =
    session !== undefined &&
    session.serverName === name &&
    (verify === "none" || session.verify === verify || session.verify === "full");
  return {
    ...options,
    context: context.handle,
    alpn: list(options.alpn),
    serverName: isIP(name) === 0 ? verifyName : "",
    verifyName,
    verify,
    ticket: fits ? session.ticket : undefined,
    token: fits ? session.token : undefined,
  };
}

/** What the addon wants to know for a server's connections. */
export function serverOptions(options: ListenOptions, context: SecureContext): object {
  const clientCertificate = options.clientCertificate ?? "none";
  return {
    ...options,
    context: context.handle,
    alpn: list(options.alpn),
    verify: "full",
    requestCertificate: clientCertificate !== "none",
    requireCertificate: clientCertificate === "require",
    resetSecret: options.resetSecret ?? randomBytes(32),
  };
}
