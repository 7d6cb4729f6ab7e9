import { COMPLETION_WORDS, Opcode } from "./completions.ts";
import type { RdmaDevice } from "./device.ts";
import { RdmaError } from "./errors.ts";
import { eventName } from "./event-names.ts";
import { calling, failure } from "./failures.ts";
import type {
  ConnectionHandler,
  ConnectionStatistics,
  EndpointOptions,
  RdmaConnection,
  RegionRange,
} from "./interface.ts";
import { Access, type MemoryWindow } from "./memory.ts";
import { EventType, type NativeConnection, NO_FAILURE, SubmitProblem } from "./native.ts";
import { type NativeRdmaDomain, Window } from "./native-memory.ts";
import { Slots } from "./slots.ts";
import { WorkList } from "./work-list.ts";

/** Completions that one call brings at most. */
const BATCH = 256;
/** A peer that says nothing to our disconnecting is not waited for. */
const DISCONNECT_MS = 1000;
const SLOTS_ACCESS = Access.LOCAL_WRITE;

/** A queue pair of the addon. */
export class NativeRdmaConnection implements RdmaConnection {
  readonly device: RdmaDevice;
  readonly domain: NativeRdmaDomain;
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly privateData: Uint8Array;
  readonly initiatorDepth: number;
  readonly responderResources: number;
  readonly receiveBuffers: Slots;
  readonly sendBuffers: Slots;
  readonly maxSendRanges: number;
  readonly maxReadRanges: number;
  readonly sendQueueDepth: number;
  readonly #native: NativeConnection;
  readonly #list = new WorkList();
  readonly #records = new Uint32Array(BATCH * COMPLETION_WORDS);
  #handler: ConnectionHandler | undefined;
  /** Set when it has ended; told to the handler, which may come later. */
  #ended: { readonly error: RdmaError | undefined } | undefined;
  #closing: Promise<void> | undefined;
  #whenEnded: (() => void) | undefined;

  constructor(
    native: NativeConnection,
    device: RdmaDevice,
    buffers: EndpointBuffers,
    established: Established,
  ) {
    this.#native = native;
    this.device = device;
    this.domain = buffers.domain;
    this.receiveBuffers = buffers.receive;
    this.sendBuffers = buffers.send;
    const { localAddress, localPort, remoteAddress, remotePort } = native.addresses();
    this.localAddress = localAddress;
    this.localPort = localPort;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.privateData = established.privateData;
    this.initiatorDepth = established.initiatorDepth;
    this.responderResources = established.responderResources;
    [this.maxSendRanges, this.maxReadRanges, this.sendQueueDepth] = native.limits();
  }

  get outstanding(): number {
    return this.#native.outstanding() + this.#list.count;
  }

  start(handler: ConnectionHandler): void {
    if (this.#handler !== undefined) throw new Error("This connection was started already");
    this.#handler = handler;
    const records = this.#records;
    this.#native.start(records, (count) => handler.completions(count, records));
    const ended = this.#ended;
    if (ended !== undefined) queueMicrotask(() => handler.closed(ended.error));
  }

  /** An event of the addon, once the connection exists. */
  event(type: number, first: number, second: number): void {
    if (type === EventType.ASYNCHRONOUS) {
      this.#handler?.event?.({ type: eventName(first), device: this.device.name, port: second });
    } else if (type === EventType.CLOSED || type === EventType.FAILED) {
      this.#end(first === NO_FAILURE ? undefined : failure(first, second));
    }
  }

  #end(error: RdmaError | undefined): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.receiveBuffers.region.close();
    this.sendBuffers.region.close();
    this.#whenEnded?.();
    this.#handler?.closed(error);
  }

  postReceive(slot: number): void {
    checkSlot(this.receiveBuffers, slot, 0);
    this.#list.receive(slot);
  }

  postSend(id: number, slot: number, length: number, flags = 0): void {
    this.#postSlot(id, slot, length, flags, undefined);
  }

  postSendInvalidate(id: number, slot: number, length: number, remoteKey: number): void {
    this.#postSlot(id, slot, length, 0, remoteKey);
  }

  #postSlot(
    id: number,
    slot: number,
    length: number,
    flags: number,
    key: number | undefined,
  ): void {
    const { sendBuffers } = this;
    checkSlot(sendBuffers, slot, length);
    const { region, size } = sendBuffers;
    this.#list.single(Opcode.SEND, flags, id, key, region.id, slot * size, length);
  }

  postSendRanges(id: number, ranges: readonly RegionRange[], flags = 0, remoteKey?: number): void {
    this.#checkCount(ranges, this.maxSendRanges);
    this.#list.request(Opcode.SEND, flags, id, remoteKey, 0n, ranges);
  }

  postRead(
    id: number,
    into: readonly RegionRange[],
    remoteAddress: bigint,
    remoteKey: number,
    flags = 0,
  ): void {
    this.#checkCount(into, this.maxReadRanges);
    this.#list.request(Opcode.READ, flags, id, remoteKey, remoteAddress, into);
  }

  postWrite(
    id: number,
    from: readonly RegionRange[],
    remoteAddress: bigint,
    remoteKey: number,
    flags = 0,
  ): void {
    this.#checkCount(from, this.maxSendRanges);
    this.#list.request(Opcode.WRITE, flags, id, remoteKey, remoteAddress, from);
  }

  postBind(
    id: number,
    window: MemoryWindow,
    range: RegionRange,
    access: number,
    flags = 0,
  ): number {
    if (!(window instanceof Window)) throw new TypeError("The window is not one of this package");
    const key = window.nextKey();
    this.#list.bind(Opcode.BIND, flags, id, key, window.id, access, range);
    return key;
  }

  postInvalidate(id: number, key: number, flags = 0): void {
    this.#list.request(Opcode.INVALIDATE, flags, id, key, 0n, []);
  }

  #checkCount(ranges: readonly RegionRange[], most: number): void {
    if (ranges.length <= most) return;
    throw new RangeError(`${ranges.length} ranges in one request; this device takes ${most}`);
  }

  submit(): void {
    const list = this.#list;
    const { words, wordCount, receives, receiveCount } = list;
    if (wordCount === 0 && receiveCount === 0) return;
    list.clear();
    const problem = this.#native.submit(words, wordCount, receives, receiveCount);
    if (problem !== 0) throw submitError(problem);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const ended = new Promise<void>((resolve) => {
      this.#whenEnded = resolve;
    });
    // Completions are taken out while disconnecting, and there may be nobody to have them.
    if (this.#handler === undefined) this.start({ completions() {}, closed() {} });
    this.#native.disconnect();
    const timer = setTimeout(() => this.#native.destroy(), DISCONNECT_MS);
    await ended;
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  setReferenced(isReferenced: boolean): void {
    this.#native.setReferenced(isReferenced);
  }

  statistics(): ConnectionStatistics {
    const numbers = this.#native.statistics();
    const [completions = 0, batches = 0, bytesReceived = 0, bytesSent = 0, bytesRead = 0] = numbers;
    return { completions, batches, bytesReceived, bytesSent, bytesRead };
  }
}

function checkSlot({ size, count }: Slots, slot: number, length: number): void {
  if (!(Number.isInteger(slot) && slot >= 0 && slot < count)) {
    throw new RangeError(`There is no slot ${slot} of ${count}`);
  }
  if (!(Number.isInteger(length) && length >= 0 && length <= size)) {
    throw new RangeError(`${length} bytes are not inside a slot of ${size}`);
  }
}

function submitError(problem: number): RdmaError {
  if (problem === SubmitProblem.CLOSED) {
    return new RdmaError("The RDMA connection is closed", { kind: "closed" });
  }
  if (problem === SubmitProblem.QUEUE_FULL) {
    const words = "The queue has no room for so many work requests";
    return new RdmaError(words, { kind: "queue-full" });
  }
  if (problem === SubmitProblem.INVALID) {
    const words = "A work request names memory that is not registered here";
    return new RdmaError(words, { kind: "memory" });
  }
  const words = "The device did not take the work requests";
  return new RdmaError(words, { kind: "system", errno: problem });
}

/** What was agreed. */
export interface Established {
  readonly privateData: Uint8Array;
  readonly initiatorDepth: number;
  readonly responderResources: number;
}

/** The memory of an end, made before it is connected. */
export interface EndpointBuffers {
  readonly domain: NativeRdmaDomain;
  readonly receive: Slots;
  readonly send: Slots;
}

/**
 * Makes the queue pair and its buffers, and lets the addon go on with connecting or accepting.
 *
 * @throws {RdmaError}
 */
export function establish(
  native: NativeConnection,
  domain: NativeRdmaDomain,
  device: RdmaDevice,
  options: EndpointOptions,
): EndpointBuffers {
  const { receiveBuffers, sendBuffers } = options;
  const receive = makeSlots(domain, receiveBuffers.size, receiveBuffers.count);
  let send: Slots | undefined;
  try {
    send = makeSlots(domain, sendBuffers.size, sendBuffers.count);
    const { privateData = new Uint8Array() } = options;
    const bytes = typeof privateData === "function" ? privateData(device) : privateData;
    calling(() =>
      native.establish({
        receiveRegion: receive.region.id,
        receiveSize: receive.size,
        receiveCount: receive.count,
        sendQueueDepth: options.sendQueueDepth ?? sendBuffers.count + 32,
        privateData: bytes,
        initiatorDepth: options.initiatorDepth ?? 32,
        responderResources: options.responderResources ?? 32,
        retryCount: options.retryCount ?? 6,
        rnrRetryCount: options.rnrRetryCount ?? 0,
      }),
    );
    return { domain, receive, send };
  } catch (error) {
    receive.region.close();
    send?.region.close();
    throw error;
  }
}

function makeSlots(domain: NativeRdmaDomain, size: number, count: number): Slots {
  const isRight = Number.isInteger(size) && Number.isInteger(count) && size > 0 && count > 0;
  if (!isRight) throw new RangeError(`There cannot be ${count} buffers of ${size} bytes`);
  return new Slots(domain.allocate(size * count, SLOTS_ACCESS), size, count);
}
