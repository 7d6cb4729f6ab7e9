import type { BufferSlots, ConnectOptions, EndpointOptions, RdmaDevice } from "rdma-verbs-napi";
import {
  Access,
  COMPLETION_WORDS,
  CompletionField,
  CompletionFlag,
  Opcode,
  type Verbs,
  type VerbsConnection,
  type VerbsHandler,
} from "../../src/transports/smbdirect/verbs.ts";
import { FakeMemory } from "./fake-memory.ts";

type Work = () => void;

/** How a device in this process is made. */
export interface FakeDevice {
  readonly transport?: RdmaDevice["transport"];
  readonly hasType2Windows?: boolean;
}

/** One end of a queue pair inside this process. It checks what a device would check. */
export class FakeQueuePair implements VerbsConnection {
  readonly device: VerbsConnection["device"];
  readonly memory: FakeMemory = new FakeMemory();
  readonly receiveBuffers: BufferSlots;
  readonly sendBuffers: BufferSlots;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress = "192.0.2.9";
  readonly localPort = 50_000;
  readonly domain: VerbsConnection["domain"];
  peer: FakeQueuePair | undefined;
  /** What `submit` throws instead of handing anything over. */
  refusal: Error | undefined;
  /** What went wrong at this end, in words; the connection is broken then. */
  broken: Error | undefined;
  #handler: VerbsHandler | undefined;
  #posted: number[];
  #list: Work[] = [];
  readonly #inbox: { readonly bytes: Uint8Array; readonly key: number | undefined }[] = [];
  readonly #records: number[][] = [];
  #keyToInvalidate: number | undefined;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  constructor(
    options: EndpointOptions,
    device: FakeDevice,
    place: [address: string, port: number],
  ) {
    const limits = { hasType2Windows: device.hasType2Windows === true } as never;
    this.device = { name: "fake0", transport: device.transport ?? "test", limits };
    [this.remoteAddress, this.remotePort] = place;
    this.domain = this.memory;
    this.receiveBuffers = slots(options.receiveBuffers, this.memory);
    this.sendBuffers = slots(options.sendBuffers, this.memory);
    this.#posted = Array.from({ length: options.receiveBuffers.count }, (_, index) => index);
  }

  start(handler: VerbsHandler): void {
    this.#handler = handler;
    this.#wake();
  }

  postReceive(slot: number): void {
    this.#list.unshift(() => this.#posted.push(slot));
  }

  postSend(id: number, slot: number, length: number, flags = 0): void {
    const key = this.#keyToInvalidate;
    this.#keyToInvalidate = undefined;
    // The bytes leave when the device comes to it: who changes the slot too early sends the change.
    this.#list.push(() => this.#send(id, this.sendBuffers.slot(slot).slice(0, length), flags, key));
  }

  postBind: VerbsConnection["postBind"] = (_id, _window, { region, offset, length }, access) => {
    const memory = region.memory.subarray(offset, offset + length);
    return this.memory.grant({ memory, address: region.address + BigInt(offset), access });
  };

  postInvalidate(id: number, key: number): void {
    this.#list.push(() => {
      if (!this.memory.invalidate(key)) this.fail("an invalidation of a key that is not there");
      else this.#records.push(record(id, Opcode.INVALIDATE, 0));
    });
  }

  submit(): void {
    if (this.refusal !== undefined) throw this.refusal;
    const list = this.#list;
    this.#list = [];
    if (list.length === 0) return;
    setImmediate(() => {
      for (const work of list) if (!this.#isClosed && this.broken === undefined) work();
      this.#wake();
    });
  }

  /** RDMA WRITE into the peer's memory: false, and the connection breaks, where it may not. */
  write(bytes: Uint8Array, address: bigint, key: number): boolean {
    const there = this.peer?.memory.reach(key, address, bytes.length, Access.REMOTE_WRITE);
    if (there === undefined) this.fail("the peer refused the access to its memory");
    else there.set(bytes);
    return there !== undefined;
  }

  /** The next message invalidates a key of the peer's memory: a SEND with invalidation. */
  invalidateWithNextSend(key: number): void {
    this.#keyToInvalidate = key;
  }

  /** RDMA READ of the peer's memory, a copy; undefined, and the connection breaks, where it may not. */
  read(length: number, address: bigint, key: number): Uint8Array | undefined {
    const there = this.peer?.memory.reach(key, address, length, Access.REMOTE_READ);
    if (there === undefined) this.fail("the peer refused the access to its memory");
    return there?.slice();
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#end(undefined);
        this.peer?.hangUp();
        resolve();
      });
    });
    return this.#closing;
  }

  /** The peer has left, or the link is down. */
  hangUp(error?: Error): void {
    this.broken ??= error;
    setImmediate(() => {
      this.#wake();
      this.#end(error);
    });
  }

  #send(id: number, bytes: Uint8Array, flags: number, key?: number): void {
    const { peer } = this;
    if (peer === undefined) throw new Error("There is no peer");
    peer.#inbox.push({ bytes, key });
    if (flags === 0) this.#records.push(record(id, Opcode.SEND, 0));
    peer.#wake();
  }

  /** A work request of ours failed: both ends are told that the connection is broken. */
  fail(words: string): void {
    if (this.broken !== undefined) return;
    const error = Object.assign(new Error(`A work request failed: ${words}`), {
      kind: "completion",
    });
    this.broken = error;
    this.hangUp(error);
    this.peer?.hangUp();
  }

  #wake(): void {
    setImmediate(() => {
      if (this.#isClosed || this.#handler === undefined) return;
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        if (!this.#receive(next.bytes, next.key)) return;
      }
      const records = this.#records.splice(0);
      if (records.length === 0) return;
      this.#handler.completions(records.length, Uint32Array.from(records.flat()));
    });
  }

  #receive(bytes: Uint8Array, key: number | undefined): boolean {
    const slot = this.#posted.shift();
    if (slot === undefined || bytes.length > this.receiveBuffers.size) {
      this.peer?.fail(slot === undefined ? "the peer was not ready to receive" : "too long");
      return false;
    }
    if (key !== undefined && !this.memory.invalidate(key)) {
      this.fail("the peer invalidated a key that is not there");
      return false;
    }
    this.receiveBuffers.slot(slot).set(bytes);
    this.#records.push(record(slot, Opcode.RECEIVE, bytes.length, key));
    return true;
  }

  #end(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    setImmediate(() => this.#handler?.closed(error as never));
  }
}

function record(id: number, opcode: number, length: number, key?: number): number[] {
  const words: number[] = new Array(COMPLETION_WORDS).fill(0);
  words[CompletionField.ID] = id;
  words[CompletionField.OPCODE] = opcode;
  words[CompletionField.BYTE_LENGTH] = length;
  if (key !== undefined) {
    words[CompletionField.FLAGS] = CompletionFlag.INVALIDATED;
    words[CompletionField.INVALIDATED_KEY] = key;
  }
  return words;
}

function slots(
  { size, count }: EndpointOptions["receiveBuffers"],
  memory: FakeMemory,
): BufferSlots {
  const region = memory.allocate(size * count, 0);
  const views = Array.from({ length: count }, (_, index) =>
    region.memory.subarray(index * size, (index + 1) * size),
  );
  return { size, count, region, slot: (index) => views[index] as Uint8Array };
}

type Incoming = (accept: (options: EndpointOptions) => FakeQueuePair) => void;

/** RDMA inside this process: for what no device does, and where there is none. */
export class FakeVerbs implements Verbs {
  /** What was dialled, in order: `address:port`. */
  readonly dialled: string[] = [];
  /** How long each attempt had to resolve the address, in milliseconds. */
  readonly resolveTimeouts: (number | undefined)[] = [];
  /** So many attempts end before the address is resolved. */
  unresolved = 0;
  /** What the connecting side's memory may lock. */
  lockLimit: number = Number.POSITIVE_INFINITY;
  readonly #device: FakeDevice;
  readonly #listeners = new Map<number, Incoming>();
  /** The connecting ends, the newest last. */
  readonly clients: FakeQueuePair[] = [];

  constructor(device: FakeDevice = {}) {
    this.#device = device;
  }

  unavailable(): undefined {
    return undefined;
  }

  listen(port: number, incoming: Incoming): void {
    this.#listeners.set(port, incoming);
  }

  connect(options: ConnectOptions): Promise<never> {
    const { address, port, signal, privateData } = options;
    return new Promise<FakeQueuePair>((resolve, reject) => {
      signal?.throwIfAborted();
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      setImmediate(() => {
        this.resolveTimeouts.push(options.resolveTimeoutMs);
        if (this.unresolved > 0) {
          this.unresolved -= 1;
          reject(Object.assign(new Error("No RDMA device leads there"), { kind: "address" }));
          return;
        }
        const client = this.#make(options, [address, port], reject);
        if (client === undefined) return;
        try {
          if (typeof privateData === "function") privateData(client.device as RdmaDevice);
        } catch (error) {
          reject(error);
          return;
        }
        this.dialled.push(`${address}:${port}`);
        const incoming = this.#listeners.get(port);
        if (incoming === undefined) {
          const nobody = { kind: "rejected", reason: 8 };
          reject(Object.assign(new Error("Nobody listens there"), nobody));
          return;
        }
        incoming((theirs) => {
          const server = new FakeQueuePair(theirs, this.#device, ["client", 1]);
          server.peer = client;
          client.peer = server;
          this.clients.push(client);
          resolve(client);
          return server;
        });
      });
    }) as Promise<never>;
  }

  #make(
    options: EndpointOptions,
    place: [string, number],
    reject: (error: unknown) => void,
  ): FakeQueuePair | undefined {
    const { receiveBuffers, sendBuffers } = options;
    const needed =
      receiveBuffers.size * receiveBuffers.count + sendBuffers.size * sendBuffers.count;
    if (needed > this.lockLimit) {
      reject(
        Object.assign(new Error("No more memory may be locked"), { kind: "memory-lock-limit" }),
      );
      return undefined;
    }
    const client = new FakeQueuePair(options, this.#device, place);
    client.memory.lockLimit = this.lockLimit;
    return client;
  }
}
