// The interface that every provider fulfils: the system's verbs, and the one for tests.

import type { RdmaDevice } from "./device.ts";
import type { RdmaError } from "./errors.ts";
import type { MemoryRegion, MemoryWindow, RdmaDomain } from "./memory.ts";

/** A way to do RDMA. `verbs` is the system's; the other is for tests and has to be named. */
export interface RdmaProvider {
  readonly name: string;
  /** True where no RDMA is done at all: data goes through Unix sockets on this machine. */
  readonly isForTests: boolean;
  /** Why it cannot be used here, in a sentence for people, or undefined where it can. */
  unavailable(): string | undefined;
  /** The devices of this machine. Empty where there are none; never throws. */
  devices(): readonly RdmaDevice[];
  /**
   * Connects a reliable queue pair: resolves address and route, creates what is needed, posts all
   * receive buffers, and waits for the peer to accept.
   *
   * @throws {RdmaError} saying how far it came; the signal's reason where that ended it
   */
  connect(options: ConnectOptions): Promise<RdmaConnection>;
  /**
   * Listens for connections. `incoming` gets each one, and accepts or rejects it; it may do so later.
   *
   * @throws {RdmaError} where the address cannot be listened on
   */
  listen(
    options: ListenOptions,
    incoming: (request: ConnectionRequest) => void,
  ): Promise<RdmaListener>;
}

/** Memory cut into equal slots. */
export interface BufferOptions {
  /** Bytes of a slot: the longest message. */
  readonly size: number;
  /** How many slots. */
  readonly count: number;
}

/** What each side decides about its end of a connection. */
export interface EndpointOptions {
  /** Where messages of the peer are placed. All slots are posted before the peer can send. */
  readonly receiveBuffers: BufferOptions;
  /** Memory for our own messages. */
  readonly sendBuffers: BufferOptions;
  /** How many work requests may be on their way, receives aside. Default: sendBuffers.count + 32. */
  readonly sendQueueDepth?: number;
  /**
   * Bytes that the peer gets with the request or the answer. A function is called once the device is
   * known, because iWARP wants other bytes than InfiniBand (see `encodeIwarpDepths`).
   * At most 56 bytes for a request over InfiniBand and RoCE, 196 for an answer.
   */
  readonly privateData?: Uint8Array | ((device: RdmaDevice) => Uint8Array);
  /** RDMA READs that we have on their way at once; the device's limit bounds it. Default 32. */
  readonly initiatorDepth?: number;
  /** RDMA READs of the peer that our device answers at once; likewise. Default 32. */
  readonly responderResources?: number;
  /** How often a packet without an answer is sent again before the connection dies. Default 6 of 7. */
  readonly retryCount?: number;
  /** How often to try again where the peer has posted no receive; 7 is for ever. Default 0. */
  readonly rnrRetryCount?: number;
}

export interface ConnectOptions extends EndpointOptions {
  /** IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
  /** Our own address, which chooses the device. Default: as the system routes. */
  readonly localAddress?: string;
  /** For the address, and again for the route. Default 5000. */
  readonly resolveTimeoutMs?: number;
  /** Ends the attempt. Without it rdma_cm's own time-outs hold, a minute and more. */
  readonly signal?: AbortSignal;
}

export interface ListenOptions {
  /** IPv4 or IPv6; `0.0.0.0` and `::` are every device's. */
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  /** Connections that may wait for `incoming`. Default 16. */
  readonly backlog?: number;
}

export interface RdmaListener extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** Stops listening. Requests that were neither accepted nor rejected are rejected. */
  close(): Promise<void>;
}

/** Somebody wants to connect. Everything is as the peer's request says. */
export interface ConnectionRequest {
  readonly device: RdmaDevice;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** RDMA CM over InfiniBand and RoCE pads it with zeros. */
  readonly privateData: Uint8Array;
  /** The RDMA READs that the peer starts at once, and that it answers. */
  readonly initiatorDepth: number;
  readonly responderResources: number;
  /** @throws {RdmaError} where it came to nothing */
  accept(options: EndpointOptions): Promise<RdmaConnection>;
  /** The peer's `connect` fails with kind "rejected" and these bytes. At most 148 bytes. */
  reject(privateData?: Uint8Array): void;
}

/** Memory of a connection in equal slots. */
export interface BufferSlots {
  readonly size: number;
  readonly count: number;
  readonly region: MemoryRegion;
  /** One slot; always the same view. */
  slot(index: number): Uint8Array;
}

/** A piece of registered memory, for a gather or scatter list. */
export interface RegionRange {
  readonly region: MemoryRegion;
  readonly offset: number;
  readonly length: number;
}

/** What a connection tells. All methods are called synchronously, in order, from the event loop. */
export interface ConnectionHandler {
  /**
   * Work that has ended: `count` records of `COMPLETION_WORDS` numbers each, at the places that
   * `CompletionField` names. `records` is valid during the call only.
   */
  completions(count: number, records: Uint32Array): void;
  /**
   * Called once, last: the queue pair is gone and its memory may be reused. `undefined` means that we
   * asked for it or that the peer disconnected. Work without a completion by now never gets one.
   */
  closed(error: RdmaError | undefined): void;
  /** Something happened to the device or the port; the connection may go on. */
  event?(event: RdmaEvent): void;
}

/** An asynchronous event of verbs. */
export interface RdmaEvent {
  /** `port-error`, `port-active`, `device-fatal`, `device-removed`, `queue-pair-fatal`, … */
  readonly type: string;
  readonly device: string;
  /** 0 where it is not about a port. */
  readonly port: number;
}

/** Numbers of a connection. */
export interface ConnectionStatistics {
  /** Completions, and how many calls of `completions` brought them. */
  readonly completions: number;
  readonly batches: number;
  /** Of messages; RDMA READ and WRITE of the peer are not seen by us. */
  readonly bytesReceived: number;
  /** Of messages, and of RDMA WRITEs that we started. */
  readonly bytesSent: number;
  /** Of RDMA READs that we started. */
  readonly bytesRead: number;
}

/**
 * A connected, reliable queue pair. Work is put into a list by the `post…` methods, and the whole list
 * is handed to the device by `submit`: receives first, then the rest in order. An `id` is any number
 * of 32 bits; it comes back in the completion.
 */
export interface RdmaConnection extends AsyncDisposable {
  readonly device: RdmaDevice;
  readonly domain: RdmaDomain;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** What the accepting side sent, padded with zeros over InfiniBand and RoCE; empty on that side. */
  readonly privateData: Uint8Array;
  /** As agreed: RDMA READs that we may start, and that the peer may. */
  readonly initiatorDepth: number;
  readonly responderResources: number;
  readonly receiveBuffers: BufferSlots;
  readonly sendBuffers: BufferSlots;
  /** Ranges in one send; at least 1. */
  readonly maxSendRanges: number;
  /** Ranges that one RDMA READ may fill; 1 with iWARP. */
  readonly maxReadRanges: number;
  /** Requests that may be on their way, receives aside. */
  readonly sendQueueDepth: number;
  /** The work requests, receives aside, that are on their way or wait for `submit`. */
  readonly outstanding: number;

  /** Begins delivery. Called exactly once; what arrived before is kept until then. */
  start(handler: ConnectionHandler): void;

  /** Gives a slot of `receiveBuffers` to the device again. Its number is the id of the completion. */
  postReceive(slot: number): void;
  /** Sends the first `length` bytes of a slot of `sendBuffers`; the slot is busy until completion. */
  postSend(id: number, slot: number, length: number, flags?: number): void;
  /** As `postSend`; the peer's device invalidates `remoteKey`, a key of the peer's own memory. */
  postSendInvalidate(id: number, slot: number, length: number, remoteKey: number): void;
  /** Sends ranges of registered memory as one message; `remoteKey` as in `postSendInvalidate`. */
  postSendRanges(
    id: number,
    ranges: readonly RegionRange[],
    flags?: number,
    remoteKey?: number,
  ): void;
  /** RDMA READ: the peer's memory into ours. Needs LOCAL_WRITE here and REMOTE_READ there. */
  postRead(
    id: number,
    into: readonly RegionRange[],
    remoteAddress: bigint,
    remoteKey: number,
    flags?: number,
  ): void;
  /** RDMA WRITE: our memory into the peer's, which needs REMOTE_WRITE. */
  postWrite(
    id: number,
    from: readonly RegionRange[],
    remoteAddress: bigint,
    remoteKey: number,
    flags?: number,
  ): void;
  /**
   * Binds a memory window of type 2 to a range, so that the peer reaches no more than that until the
   * key is invalidated by either side. The region needs MEMORY_WINDOW_BIND. Returns the remote key.
   */
  postBind(
    id: number,
    window: MemoryWindow,
    range: RegionRange,
    access: number,
    flags?: number,
  ): number;
  /** Invalidates the key of a window of ours. */
  postInvalidate(id: number, key: number, flags?: number): void;
  /**
   * Hands over everything that was posted, with one call for all of it.
   *
   * @throws {RdmaError} of kind "closed", or "queue-full": then nothing was handed over, and the list
   *   is empty again
   */
  submit(): void;

  /**
   * Disconnects. Resolves when the queue pair is gone. What is still on its way completes with
   * `FLUSHED` or not at all. Idempotent; never rejects.
   */
  close(): Promise<void>;
  /** Whether this connection keeps the process running; true at first. */
  setReferenced(isReferenced: boolean): void;
  statistics(): ConnectionStatistics;
}
