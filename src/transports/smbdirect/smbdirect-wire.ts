import type { Clock } from "../../core/clock.ts";
import { TransportClosedError, TransportError } from "../../core/errors.ts";
import {
  formatEndpoint,
  type MessageParts,
  type RdmaCapability,
  type Transport,
  type TransportSink,
} from "../../core/transport.ts";
import type { QueuePairPort } from "./queue-pair-port.ts";
import { rdmaClosed } from "./rdma-failure.ts";
import { RegionPool } from "./region-pool.ts";
import { SmbdConnection } from "./smbd-connection.ts";
import { DATA_OFFSET, DATA_TRANSFER_MIN_LENGTH, readDataTransferHeader } from "./smbd-messages.ts";
import type { SmbdParameters } from "./smbd-negotiation.ts";
import { SMALLEST_FRAGMENTED_SIZE, type SmbdSettings } from "./smbd-settings.ts";

/** How long `close` lets accepted messages leave before it cuts the connection, in milliseconds. */
const FLUSH_GRACE_MS = 5000;

/** A peer that places fewer bytes than these at once does not mean to place any. */
const SMALLEST_PLACEMENT = 4096;

/** What a {@link SmbDirectWire} is made of. */
export interface SmbDirectWireOptions {
  /** Negotiated; nobody listens to it. */
  readonly port: QueuePairPort;
  readonly parameters: SmbdParameters;
  readonly settings: SmbdSettings;
  /** Credits that the peer holds already. */
  readonly initialGrant: number;
  readonly endpoint: string;
  readonly clock: Clock;
}

/** Messages over SMB Direct ([MS-SMBD]): SENDs of a queue pair, and memory that the peer may reach. */
export class SmbDirectWire implements Transport {
  readonly kind = "smbdirect";
  readonly isEncrypted = false;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly maxMessageSize: number;
  readonly rdma?: RdmaCapability;
  /** Why no memory could be registered for the peer, so that data go in messages. */
  readonly rdmaProblem: string | undefined;
  readonly #port: QueuePairPort;
  readonly #connection: SmbdConnection;
  readonly #regions: RegionPool;
  readonly #clock: Clock;
  #sink: TransportSink | undefined;
  #closing: Promise<void> | undefined;
  #ended: { readonly error: Error | undefined } | undefined;

  constructor(options: SmbDirectWireOptions) {
    const { port, parameters, settings, endpoint, clock } = options;
    this.remoteAddress = endpoint;
    const { localAddress, localPort } = port.connection;
    this.localAddress = formatEndpoint(localAddress, localPort);
    this.maxMessageSize = messageLimit(parameters, settings);
    this.#port = port;
    this.#clock = clock;
    this.#regions = new RegionPool(port.connection, parameters.maxReadWriteSize);
    this.rdmaProblem = problemOf(this.#regions, parameters);
    if (this.rdmaProblem === undefined) this.rdma = this.#regions;
    this.#connection = new SmbdConnection({
      ...{ parameters, settings, port, clock, initialGrant: options.initialGrant },
      sink: {
        allocate: (length) => this.#sink?.allocate(length) ?? new Uint8Array(length),
        message: (bytes) => {
          if (this.#closing === undefined) this.#sink?.message(bytes);
        },
      },
      onFault: (error) => this.#end(error),
    });
    this.#listen();
  }

  get bytesReceived(): number {
    return this.#port.bytesReceived;
  }

  get bytesSent(): number {
    return this.#port.bytesSent;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    if (this.#ended !== undefined) {
      const { error } = this.#ended;
      queueMicrotask(() => sink.closed(error));
      return;
    }
    this.#listen();
  }

  send(message: MessageParts): Promise<void> {
    if (this.#closing !== undefined || this.#ended !== undefined) {
      return Promise.reject(this.#closedError());
    }
    const length = message.reduce((sum, part) => sum + part.length, 0);
    if (length === 0 || length > this.maxMessageSize) {
      const limit = `this wire carries 1 to ${this.maxMessageSize}`;
      return Promise.reject(new TransportError(`A message of ${length} bytes: ${limit}`));
    }
    return this.#connection.send(message);
  }

  close(): Promise<void> {
    this.#closing ??= this.#flushAndClose();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Before anybody wants messages only those without data are taken: we may need their credits. */
  #listen(): void {
    const isStarted = this.#sink !== undefined;
    this.#port.listen({
      ...(isStarted ? {} : { wants: (bytes) => !carriesData(bytes) }),
      message: (bytes) => this.#connection.receive(bytes),
      invalidated: (key) => this.#regions.invalidated(key),
      invalidationDone: () => this.#regions.invalidationDone(),
      settled: () => this.#connection.settle(),
      closed: (error) => this.#end(error ?? this.#peerLeft()),
    });
  }

  async #flushAndClose(): Promise<void> {
    if (this.#ended !== undefined) return;
    // What comes now nobody wants, but it may bring the credits that the last messages need.
    this.#sink ??= DISCARDING_SINK;
    this.#listen();
    let cancel: () => void = () => undefined;
    const grace = new Promise<void>((resolve) => {
      cancel = this.#clock.after(FLUSH_GRACE_MS, resolve);
    });
    const flushed = this.#connection.drained().then(() => this.#port.idle());
    await Promise.race([flushed, grace]);
    cancel();
    this.#end(undefined);
    await this.#port.connection.close();
  }

  /** The one way out: nothing is delivered or sent after it. */
  #end(cause: Error | undefined): void {
    if (this.#ended !== undefined) return;
    const error = rdmaClosed(this.remoteAddress, cause);
    this.#ended = { error: this.#closing === undefined ? error : undefined };
    this.#connection.end(this.#closedError());
    // Only when the queue pair is gone does the peer reach our memory no more.
    void this.#port.connection.close().then(() => this.#regions.close());
    this.#sink?.closed(this.#ended.error);
  }

  #peerLeft(): Error | undefined {
    if (this.#connection.isAtBoundary) return undefined;
    return new TransportClosedError(
      `${this.remoteAddress} closed the connection in the middle of a message`,
    );
  }

  #closedError(): TransportClosedError {
    const cause = this.#ended?.error;
    const message = cause?.message ?? `The connection to ${this.remoteAddress} is closed`;
    return new TransportClosedError(message, { cause });
  }
}

const DISCARDING_SINK: TransportSink = {
  allocate: (length) => new Uint8Array(length),
  message: () => undefined,
  closed: () => undefined,
};

function carriesData(message: Uint8Array): boolean {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  // One that is too short goes to the protocol as well, which refuses it.
  return (
    message.length >= DATA_TRANSFER_MIN_LENGTH &&
    readDataTransferHeader(view, message.length).dataLength > 0
  );
}

/** A message must fit what the peer reassembles, and its answer what our credits can carry. */
function messageLimit(parameters: SmbdParameters, settings: SmbdSettings): number {
  const { maxReceiveSize, maxFragmentedSendSize, maxFragmentedReceiveSize } = parameters;
  const carried = settings.receiveCreditMax * (maxReceiveSize - DATA_OFFSET);
  return Math.min(
    maxFragmentedSendSize,
    maxFragmentedReceiveSize,
    Math.max(carried, SMALLEST_FRAGMENTED_SIZE),
  );
}

function problemOf(regions: RegionPool, { maxReadWriteSize }: SmbdParameters): string | undefined {
  if (maxReadWriteSize < SMALLEST_PLACEMENT) return "the peer places nothing";
  try {
    regions.prepare();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
