/** Bytes of one segment's payload: with its headers it stays below the 64 KiB of an IP packet. */
const SEGMENT_LENGTH = 61_440;

const IP_PROTOCOL_TCP = 6;
const TCP_HEADER_LENGTH = 20;

/** The control bits of a TCP header (RFC 9293 3.1). */
const TcpFlags = { FIN: 0x01, SYN: 0x02, PSH: 0x08, ACK: 0x10 } as const;

/** One end of the conversation. */
interface End {
  readonly address: Uint8Array;
  readonly port: number;
  /** The number of the next byte that this end sends. */
  sequence: number;
}

/** Which end speaks. */
export type Direction = "sent" | "received";

/** An IP packet, as its headers and a piece of somebody else's bytes. */
export type PacketSink = (headers: Uint8Array, payload: Uint8Array) => void;

/**
 * Invents the IP and TCP headers of a conversation of which only the messages are known, so that
 * packet analysers reassemble it. The server's port is 445 whatever the wire, because that is where
 * they look for SMB.
 */
export class SyntheticConversation {
  readonly #client: End;
  readonly #server: End;
  readonly #emit: PacketSink;

  /** `serverAddress` and `clientAddress` have both 4 or both 16 bytes. */
  constructor(
    clientAddress: Uint8Array,
    clientPort: number,
    serverAddress: Uint8Array,
    emit: PacketSink,
  ) {
    this.#client = { address: clientAddress, port: clientPort, sequence: 0 };
    this.#server = { address: serverAddress, port: 445, sequence: 0 };
    this.#emit = emit;
  }

  open(): void {
    this.#packet(this.#client, this.#server, TcpFlags.SYN);
    this.#client.sequence = 1;
    this.#packet(this.#server, this.#client, TcpFlags.SYN | TcpFlags.ACK);
    this.#server.sequence = 1;
    this.#packet(this.#client, this.#server, TcpFlags.ACK);
  }

  /** Bytes of the stream: a length prefix and a message. */
  data(direction: Direction, bytes: Uint8Array): void {
    const [from, to] = this.#ends(direction);
    for (let at = 0; at < bytes.length; at += SEGMENT_LENGTH) {
      const piece = bytes.subarray(at, at + SEGMENT_LENGTH);
      this.#packet(from, to, TcpFlags.PSH | TcpFlags.ACK, piece);
      from.sequence = (from.sequence + piece.length) >>> 0;
    }
  }

  close(): void {
    this.#packet(this.#client, this.#server, TcpFlags.FIN | TcpFlags.ACK);
    this.#client.sequence = (this.#client.sequence + 1) >>> 0;
    this.#packet(this.#server, this.#client, TcpFlags.FIN | TcpFlags.ACK);
  }

  #ends(direction: Direction): readonly [from: End, to: End] {
    return direction === "sent" ? [this.#client, this.#server] : [this.#server, this.#client];
  }

  #packet(from: End, to: End, flags: number, payload: Uint8Array = new Uint8Array()): void {
    const ipLength = from.address.length === 4 ? 20 : 40;
    const headers = new Uint8Array(ipLength + TCP_HEADER_LENGTH);
    const view = new DataView(headers.buffer);
    if (ipLength === 20) writeIpv4(view, headers, from, to, payload.length);
    else writeIpv6(view, headers, from, to, payload.length);
    writeTcp(view, ipLength, from, to, flags);
    this.#emit(headers, payload);
  }
}

/** RFC 791 3.1. */
function writeIpv4(view: DataView, headers: Uint8Array, from: End, to: End, length: number): void {
  view.setUint8(0, 0x45); // Version, IHL
  view.setUint16(2, headers.length + length); // Total Length
  view.setUint16(6, 0x4000); // Flags: don't fragment
  view.setUint8(8, 64); // Time to Live
  view.setUint8(9, IP_PROTOCOL_TCP);
  headers.set(from.address, 12);
  headers.set(to.address, 16);
  view.setUint16(10, internetChecksum(view, 20));
}

/** RFC 8200 3. */
function writeIpv6(view: DataView, headers: Uint8Array, from: End, to: End, length: number): void {
  view.setUint8(0, 0x60); // Version
  view.setUint16(4, TCP_HEADER_LENGTH + length); // Payload Length
  view.setUint8(6, IP_PROTOCOL_TCP); // Next Header
  view.setUint8(7, 64); // Hop Limit
  headers.set(from.address, 8);
  headers.set(to.address, 24);
}

/** RFC 9293 3.1. The checksum stays 0: analysers do not check it unless they are told to. */
function writeTcp(view: DataView, at: number, from: End, to: End, flags: number): void {
  view.setUint16(at, from.port);
  view.setUint16(at + 2, to.port);
  view.setUint32(at + 4, from.sequence);
  view.setUint32(at + 8, (flags & TcpFlags.ACK) === 0 ? 0 : to.sequence);
  view.setUint8(at + 12, (TCP_HEADER_LENGTH / 4) << 4); // Data Offset
  view.setUint8(at + 13, flags);
  view.setUint16(at + 14, 0xffff); // Window
}

/** RFC 1071, over the first `length` bytes. */
function internetChecksum(view: DataView, length: number): number {
  let sum = 0;
  for (let at = 0; at < length; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
