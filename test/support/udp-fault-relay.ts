import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { SeededRandom } from "./seeded-random.ts";

/** What goes wrong on the way, each with its probability for one datagram; nothing by default. */
export interface UdpFaults {
  readonly drop?: number;
  readonly duplicate?: number;
  /** The datagram comes after the next one. */
  readonly reorder?: number;
  /** One bit of it is turned. */
  readonly corrupt?: number;
  /** Every datagram takes so many milliseconds, one way. */
  readonly delayMs?: number;
  /** After so many datagrams of a client the server sees another port of it. */
  readonly rebindEvery?: number;
  /** Larger datagrams do not get through: 1452 bytes are what Ethernet and IPv6 leave. Default: all. */
  readonly largest?: number;
}

/** What did go wrong. */
export interface FaultCounts {
  passed: number;
  tooLarge: number;
  dropped: number;
  duplicated: number;
  reordered: number;
  corrupted: number;
  rebinds: number;
}

/** How long a datagram is held back for want of a later one, in milliseconds. */
const LONGEST_HOLD_MS = 5;
const SOCKET_BUFFER = 4 * 1024 * 1024;

/**
 * A bad network between UDP clients and a server of this machine. Any number of clients; the faults
 * follow from `seed`, so that a failure can be repeated as far as time allows.
 */
export class UdpFaultRelay implements AsyncDisposable {
  readonly counts: FaultCounts = {
    ...{ passed: 0, tooLarge: 0, dropped: 0 },
    ...{ duplicated: 0, reordered: 0, corrupted: 0, rebinds: 0 },
  };
  /** While it is true nothing gets through, either way. */
  isCut = false;
  readonly #front: Socket;
  readonly #serverPort: number;
  readonly #faults: UdpFaults;
  readonly #flows = new Map<string, Flow>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #random: SeededRandom;

  private constructor(front: Socket, serverPort: number, faults: UdpFaults, seed: number) {
    this.#front = front;
    this.#serverPort = serverPort;
    this.#faults = faults;
    this.#random = new SeededRandom(seed);
    front.on("message", (bytes, from) => this.#fromClient(bytes, from));
  }

  /** Listens on a free port of 127.0.0.1. */
  static async open(serverPort: number, faults: UdpFaults, seed = 1): Promise<UdpFaultRelay> {
    const front = await openSocket();
    return new UdpFaultRelay(front, serverPort, faults, seed);
  }

  /** Where clients connect to. */
  get port(): number {
    return this.#front.address().port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const flow of this.#flows.values()) flow.close();
    await new Promise<void>((resolve) => this.#front.close(resolve));
  }

  #fromClient(bytes: Buffer, { address, port }: RemoteInfo): void {
    const key = `${address} ${port}`;
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      const toClient = new Direction((each) => this.#front.send(each, port, address));
      flow = new Flow((answer) => this.#pass(answer, toClient), this.#serverPort);
      this.#flows.set(key, flow);
    }
    const { rebindEvery } = this.#faults;
    if (rebindEvery !== undefined && flow.seen % rebindEvery === rebindEvery - 1) {
      flow.rebind();
      this.counts.rebinds += 1;
    }
    flow.seen += 1;
    this.#pass(bytes, flow.toServer);
  }

  #pass(bytes: Buffer, direction: Direction): void {
    const { drop = 0, duplicate = 0, reorder = 0, corrupt = 0, delayMs = 0 } = this.#faults;
    if (this.isCut) return;
    if (bytes.length > (this.#faults.largest ?? Number.POSITIVE_INFINITY)) {
      this.counts.tooLarge += 1;
      return;
    }
    if (this.#random.next() < drop) {
      this.counts.dropped += 1;
      return;
    }
    if (this.#random.next() < corrupt) {
      this.counts.corrupted += 1;
      const at = Math.floor(this.#random.next() * bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(this.#random.next() * 8));
    }
    const isHeld = direction.held === undefined && this.#random.next() < reorder;
    const copies = this.#random.next() < duplicate ? 2 : 1;
    this.counts.duplicated += copies - 1;
    this.counts.reordered += isHeld ? 1 : 0;
    this.counts.passed += 1;
    this.#after(delayMs, () => {
      if (isHeld) this.#hold(bytes, direction);
      else for (let copy = 0; copy < copies; copy += 1) direction.send(bytes);
    });
  }

  #hold(bytes: Buffer, direction: Direction): void {
    direction.hold(bytes);
    this.#after(LONGEST_HOLD_MS, () => direction.release(bytes));
  }

  #after(ms: number, callback: () => void): void {
    if (ms === 0) {
      callback();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, ms);
    this.#timers.add(timer);
  }
}

/** One way of one client. */
class Direction {
  held: Buffer | undefined;
  readonly #send: (bytes: Buffer) => void;

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send;
  }

  send(bytes: Buffer): void {
    this.#send(bytes);
    if (this.held !== undefined) this.release(this.held);
  }

  hold(bytes: Buffer): void {
    if (this.held !== undefined) this.#send(this.held);
    this.held = bytes;
  }

  release(bytes: Buffer): void {
    if (this.held !== bytes) return;
    this.held = undefined;
    this.#send(bytes);
  }
}

/** One client, and the socket by which the server sees it. */
class Flow {
  seen = 0;
  readonly toServer: Direction;
  readonly #answer: (bytes: Buffer) => void;
  readonly #sockets: Promise<Socket>[] = [];

  constructor(answer: (bytes: Buffer) => void, serverPort: number) {
    this.#answer = answer;
    this.toServer = new Direction((bytes) => {
      void this.#sockets.at(-1)?.then((socket) => socket.send(bytes, serverPort, "127.0.0.1"));
    });
    this.rebind();
  }

  /** From now on the server sees another port; what it sends to the old one still arrives. */
  rebind(): void {
    const opening = openSocket();
    void opening.then((socket) => socket.on("message", this.#answer));
    this.#sockets.push(opening);
  }

  close(): void {
    for (const opening of this.#sockets) void opening.then((socket) => socket.close());
  }
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket({
    type: "udp4",
    recvBufferSize: SOCKET_BUFFER,
    sendBufferSize: SOCKET_BUFFER,
  });
  // A server that has gone is its clients' affair.
  socket.on("error", () => undefined);
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}
