import { isIPv4, SocketAddress } from "node:net";
import type {
  MessageParts,
  Transport,
  TransportFactory,
  TransportSink,
} from "../../core/transport.ts";
import { encodeFramePrefix } from "../framing/frame-prefix.ts";
import { PcapFile } from "./pcap-file.ts";
import { type Direction, SyntheticConversation } from "./synthetic-packets.ts";

/** Records what goes over wires into one file. */
export interface PacketCapture extends Disposable {
  /** The same wires, recorded. */
  wrap(factories: readonly TransportFactory[]): TransportFactory[];
  /** Completes the file. Wires that live on are no longer recorded. */
  close(): void;
}

/**
 * Records every message of every wire into a pcap file that Wireshark opens. The messages are real,
 * the TCP/IP headers around them are made up, whatever the wire.
 *
 * The file holds what the messages hold: names, and the contents of files. Where the session is
 * encrypted it holds the encrypted messages, as they were sent. No message has the password, but a
 * weak one can be guessed from a recorded logon: treat the file as you treat the data.
 *
 * Throws what `node:fs` throws where the file cannot be created.
 */
export function captureTo(path: string): PacketCapture {
  const file = new PcapFile(path);
  let nextClientPort = 49_152;
  const close = (): void => file.close();
  return {
    wrap: (factories) =>
      factories.map((factory) => ({
        kind: factory.kind,
        defaultPort: factory.defaultPort,
        fallbackTimeoutMs: factory.fallbackTimeoutMs,
        unavailable: () => factory.unavailable(),
        unsuitable: (target) => factory.unsuitable?.(target),
        remarks: () => factory.remarks?.() ?? [],
        dial: async (target, options) => {
          const wire = await factory.dial(target, options);
          nextClientPort = nextClientPort === 65_535 ? 49_152 : nextClientPort + 1;
          return new CapturedTransport(wire, file, nextClientPort);
        },
      })),
    close,
    [Symbol.dispose]: close,
  };
}

/** A transport whose messages are recorded on their way. */
class CapturedTransport implements Transport {
  readonly #wire: Transport;
  readonly #file: PcapFile;
  readonly #conversation: SyntheticConversation;
  #isOver = false;

  constructor(wire: Transport, file: PcapFile, clientPort: number) {
    this.#wire = wire;
    this.#file = file;
    const server = addressBytes(wire.remoteAddress);
    const client = server.length === 4 ? CLIENT_IPV4 : CLIENT_IPV6;
    this.#conversation = new SyntheticConversation(client, clientPort, server, (headers, payload) =>
      file.packet(performance.timeOrigin + performance.now(), headers, payload),
    );
    this.#conversation.open();
    if (wire.rdma !== undefined) this.rdma = wire.rdma;
  }

  readonly rdma?: NonNullable<Transport["rdma"]>;

  get kind(): Transport["kind"] {
    return this.#wire.kind;
  }
  get remoteAddress(): string {
    return this.#wire.remoteAddress;
  }
  get maxMessageSize(): number {
    return this.#wire.maxMessageSize;
  }
  get isEncrypted(): boolean {
    return this.#wire.isEncrypted;
  }
  get security(): Transport["security"] {
    return this.#wire.security;
  }
  get rttMs(): number | undefined {
    return this.#wire.rttMs;
  }
  get bytesReceived(): number {
    return this.#wire.bytesReceived;
  }
  get bytesSent(): number {
    return this.#wire.bytesSent;
  }
  get isBlocked(): boolean {
    return this.#wire.isBlocked ?? true;
  }

  start(sink: TransportSink): void {
    this.#wire.start({
      allocate: (length) => sink.allocate(length),
      message: (bytes) => {
        this.#record("received", [bytes]);
        sink.message(bytes);
      },
      closed: (error) => {
        this.#finish();
        sink.closed(error);
      },
    });
  }

  send(message: MessageParts): Promise<void> {
    if (!this.#isOver) this.#record("sent", message);
    return this.#wire.send(message);
  }

  async close(): Promise<void> {
    await this.#wire.close();
    this.#finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #record(direction: Direction, parts: MessageParts): void {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const [first = new Uint8Array(), ...rest] = parts;
    // The prefix shares the first segment with the header, so that no packet is four bytes long.
    const start = Buffer.concat([encodeFramePrefix(length), first]);
    for (const bytes of [start, ...rest]) this.#conversation.data(direction, bytes);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#conversation.close();
    this.#file.flush();
  }
}

/** Addresses for our own end, from the ranges that are reserved for documentation. */
const CLIENT_IPV4 = Uint8Array.of(192, 0, 2, 1);
const CLIENT_IPV6 = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, ...new Array<number>(11).fill(0), 1);

/** The bytes of `192.0.2.1:445` or `[2001:db8::1%eth0]:445`; anything else gets a made-up address. */
function addressBytes(endpoint: string): Uint8Array {
  const host = endpoint
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "")
    .replace(/%.*$/, "");
  if (isIPv4(host)) return Uint8Array.from(host.split("."), Number);
  return ipv6Bytes(host) ?? Uint8Array.of(192, 0, 2, 2);
}

function ipv6Bytes(host: string): Uint8Array | undefined {
  if (!host.includes(":")) return undefined;
  // SocketAddress writes an embedded IPv4 address out and leaves the shortest form otherwise.
  const { address } = new SocketAddress({ address: host, family: "ipv6" });
  const [head = "", tail] = address.split("::");
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const middle = new Array<number>(8 - front.length - back.length).fill(0);
  return Uint8Array.from([...front, ...middle, ...back].flatMap((each) => [each >> 8, each & 255]));
}

function groups(text: string): number[] {
  return text === "" ? [] : text.split(":").flatMap(group);
}

function group(text: string): number[] {
  if (!text.includes(".")) return [Number.parseInt(text, 16)];
  const [a = 0, b = 0, c = 0, d = 0] = text.split(".").map(Number);
  return [a * 256 + b, c * 256 + d];
}
