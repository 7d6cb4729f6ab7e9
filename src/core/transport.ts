/** The wires that a client can use. `memory` joins two ends inside one process. */
export type TransportKind = "tcp" | "nbt" | "quic" | "smbdirect" | "memory";

/** Byte ranges that together are ONE message. They are never joined unless a wire must. */
export type MessageParts = readonly Uint8Array[];

/** What a transport delivers to. Every method is called synchronously and in order. */
export interface TransportSink {
  /**
   * Returns memory for the next message, at least `length` bytes. The transport fills its start and
   * hands exactly those bytes to `message`: a payload is placed once, where its reader wants it.
   */
  allocate(length: number): Uint8Array;
  /** One whole message: a view of the front of what `allocate` gave. It now belongs to the sink. */
  message(bytes: Uint8Array): void;
  /** Called once, last. `undefined` means that we asked for it or that the peer left in good order. */
  closed(error: Error | undefined): void;
}

/** A connected, message-oriented wire. It is born connected, by `TransportFactory.dial`. */
export interface Transport extends AsyncDisposable {
  readonly kind: TransportKind;
  /** The peer as a person would write it: `192.0.2.1:445`, `[2001:db8::1]:445`. */
  readonly remoteAddress: string;
  /** Our own end, written likewise; absent where the wire has none. */
  readonly localAddress?: string;
  /** The largest message this wire carries, in bytes: 0xFFFFFF on Direct TCP. */
  readonly maxMessageSize: number;
  /** True where the wire itself is encrypted and its peer was verified (QUIC). */
  readonly isEncrypted: boolean;
  /** What protects the wire itself, where something does (QUIC); whether its peer was verified. */
  readonly security?: TransportSecurity | undefined;
  /** The smoothed round-trip time in milliseconds, where the wire measures it. */
  readonly rttMs?: number | undefined;
  /**
   * Bytes of messages that arrived so far, complete or not: it tells a slow peer from a dead one. What
   * the wire itself says to keep alive must not count: a wire may outlive the server behind it.
   */
  readonly bytesReceived: number;
  /** Bytes that the system took so far, or the peer has acknowledged; not what is queued here. */
  readonly bytesSent: number;
  /**
   * Whether something waits for the system to take it: what leaves then shows that the peer has made room.
   * While nothing does, what leaves only fills a buffer on this side. Absent where `bytesSent` counts what
   * the peer has acknowledged.
   */
  readonly isBlocked?: boolean;
  /** Present where payloads can be placed directly into memory ([MS-SMBD]). */
  readonly rdma?: RdmaCapability;
  /** Begins delivery. Called exactly once; what arrived before is kept until then. */
  start(sink: TransportSink): void;
  /**
   * Sends one message. Resolves when the buffers may be reused.
   *
   * @throws {TransportClosedError} once the wire is closed
   */
  send(message: MessageParts): Promise<void>;
  /** Flushes what was accepted, then closes. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** How a wire is protected below SMB. */
export interface TransportSecurity {
  /** `TLS 1.3`. */
  readonly protocol: string;
  /** What carries it: `QUIC version 1`. */
  readonly carrier: string;
  /** The cipher suite as TLS names it. */
  readonly cipher: string;
  /** The key exchange group. */
  readonly group: string;
  /** What was checked of the peer's certificate: its chain and its name, its chain alone, nothing. */
  readonly verification: "strict" | "ca" | "none";
  /** DER, the peer's own certificate first. */
  readonly peerCertificates: readonly Uint8Array[];
}

/** What the peer does with memory that it may reach: fetch the data of a WRITE, place those of a READ. */
export type RdmaAccess = "peer-reads" | "peer-writes";

/** Direct data placement ([MS-SMBD] 3.1.4.3, 3.1.4.4). */
export interface RdmaCapability {
  /** The most bytes one READ or WRITE may place. */
  readonly maxReadWriteSize: number;
  /**
   * The most bytes that each of several READs or WRITEs under way should place: memory for them can be
   * had at once. It may become less.
   */
  readonly pieceSize: number;
  /**
   * Lends `length` bytes of memory that the peer can reach; waits while all of it is in use.
   *
   * @throws {TransportClosedError} once the wire is closed
   */
  lend(length: number, access: RdmaAccess, signal?: AbortSignal): Promise<RdmaRegion>;
  /** The same without waiting: undefined where none is to be had now. */
  tryLend(length: number, access: RdmaAccess): RdmaRegion | undefined;
}

/** Memory that the peer may reach, once it was exposed, until it is given back. */
export interface RdmaRegion {
  /** Exactly as long as it was asked for; with old contents. */
  readonly memory: Uint8Array;
  /**
   * Lets the peer reach these bytes with the next message and, where the device can tell, no others.
   * Returns encoded buffer descriptors, ready for ReadChannelInfo and WriteChannelInfo. The second time
   * the first answer must have come: what was reached before is not any more.
   */
  expose(offset: number, length: number): Uint8Array;
  /** Whether the peer can be asked to take its access back itself (SMB2_CHANNEL_RDMA_V1_INVALIDATE). */
  readonly canBeInvalidated: boolean;
  /**
   * Gives the memory back, for the next one. Only when the peer has answered the request that named
   * it; where it never does, the memory stays lent until the wire is closed. Idempotent.
   */
  release(): void;
}

/** Where to connect to. */
export interface DialTarget {
  /** A DNS or NetBIOS name, or an IPv4 or IPv6 address without brackets, as the user gave it. */
  readonly host: string;
  /** Connect here instead of resolving `host` (smbclient's `-I`); `host` stays the server's name. */
  readonly address?: string;
  /** The port; each wire has its own default. */
  readonly port?: number;
  /** Our own NetBIOS name, for wires that send one. */
  readonly netbiosName?: string;
}

export interface DialOptions {
  readonly signal: AbortSignal;
  /** Give up after so many milliseconds without a connection. */
  readonly connectTimeoutMs?: number;
}

/** Opens one kind of wire. */
export interface TransportFactory {
  readonly kind: TransportKind;
  readonly defaultPort: number;
  /** How long to wait for a connection where another wire was tried before, in milliseconds. */
  readonly fallbackTimeoutMs?: number | undefined;
  /** Why this wire cannot be used in this installation, or undefined where it can. */
  unavailable(): string | undefined;
  /** Why this wire cannot reach this target, or undefined: QUIC needs a name, for example. */
  unsuitable?(target: DialTarget): string | undefined;
  /** What else a person may want to know about the wires that were dialled: whole lines. */
  remarks?(): readonly string[];
  /**
   * Connects.
   *
   * @throws {TransportError} in words that a person understands, with the system's error as cause
   */
  dial(target: DialTarget, options: DialOptions): Promise<Transport>;
}

/**
 * The name of a server in what we send to it: an IPv6 address without its zone, which is the name of an
 * interface of ours and means nothing to others ([RFC 4007] 11.2).
 */
export function serverNameOf({ host }: Pick<DialTarget, "host">): string {
  return host.includes(":") ? host.replace(/%.*$/, "") : host;
}

/** `192.0.2.1:445`, `nas:445`, `[2001:db8::1]:445`: a host and a port as a person writes them. */
export function formatEndpoint(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
