import { WireFormatError } from "../../core/errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { guessForeignProtocol } from "./foreign-protocol.ts";
import {
  type FramePrefix,
  type LengthBits,
  maxFrameLength,
  PREFIX_LENGTH,
  readFramePrefix,
  SessionPacketType,
} from "./frame-prefix.ts";

/** Prefixes and small messages are read here; larger messages go straight to their own memory. */
const SCRATCH_LENGTH = 65_536;

/** What a decoder delivers to. `TransportSink` has the first two. */
export interface FrameSink {
  /** Memory for a message of `length` bytes. */
  allocate(length: number): Uint8Array;
  /** One whole message, at the front of what `allocate` gave. */
  message(bytes: Uint8Array): void;
}

/** How frames look. */
export interface FrameDecoderOptions {
  readonly lengthBits: LengthBits;
  /** Longer messages end the connection; default: what the prefix can say. */
  readonly maxMessageSize?: number;
}

/**
 * Cuts a stream of bytes into messages: Direct TCP and QUIC ([MS-SMB2] 2.1), or the NetBIOS session
 * service (RFC 1002 4.3), whose keep-alive packets are ignored on every wire.
 *
 * A socket reads into `writable()`. Once the length of a large message is known that is the rest of
 * the message's own memory, so its bytes are never copied, and never more than this message's: the
 * next prefix lands in the scratch buffer again.
 */
export class FrameDecoder implements ByteReader {
  readonly #sink: FrameSink;
  readonly #lengthBits: LengthBits;
  readonly #maxMessageSize: number;
  readonly #scratch = new Uint8Array(SCRATCH_LENGTH);
  /** Bytes at the start of the scratch buffer that are not used up: part of a prefix. */
  #kept = 0;
  /** The large message under way: its memory, cut to its length. */
  #frame: Uint8Array | undefined;
  #filled = 0;
  #isFirst = true;
  #failure: WireFormatError | undefined;

  constructor(sink: FrameSink, options: FrameDecoderOptions) {
    const limit = maxFrameLength(options.lengthBits);
    this.#sink = sink;
    this.#lengthBits = options.lengthBits;
    this.#maxMessageSize = Math.min(options.maxMessageSize ?? limit, limit);
  }

  /** True between two messages: where a peer may leave without losing anything. */
  get isAtBoundary(): boolean {
    return this.#frame === undefined && this.#kept === 0;
  }

  writable(): Uint8Array {
    return this.#frame === undefined
      ? this.#scratch.subarray(this.#kept)
      : this.#frame.subarray(this.#filled);
  }

  advance(count: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#frame === undefined) {
      this.#consumeScratch(this.#kept + count);
      return;
    }
    this.#filled += count;
    if (this.#filled === this.#frame.length) {
      const message = this.#frame;
      this.#frame = undefined;
      this.#sink.message(message);
    }
  }

  /** Delivers every whole message in the scratch buffer and keeps the start of the next. */
  #consumeScratch(end: number): void {
    let at = 0;
    this.#kept = 0;
    while (end - at >= PREFIX_LENGTH) {
      const { type, length } = this.#readPrefix(at, end);
      at += PREFIX_LENGTH;
      if (type === SessionPacketType.KEEP_ALIVE) continue;
      const available = Math.min(length, end - at);
      const message = this.#sink.allocate(length).subarray(0, length);
      message.set(this.#scratch.subarray(at, at + available));
      at += available;
      if (available < length) {
        this.#frame = message;
        this.#filled = available;
        return;
      }
      this.#sink.message(message);
    }
    this.#scratch.copyWithin(0, at, end);
    this.#kept = end - at;
  }

  #readPrefix(at: number, end: number): FramePrefix {
    try {
      const prefix = readFramePrefix(this.#scratch, at, this.#lengthBits);
      this.#check(prefix);
      this.#isFirst = false;
      return prefix;
    } catch (error) {
      this.#failure = this.#explain(error, this.#scratch.subarray(at, end));
      throw this.#failure;
    }
  }

  #check({ type, length }: FramePrefix): void {
    // Servers that share their code with NetBIOS send it over direct TCP, too, where it has no place.
    if (type === SessionPacketType.KEEP_ALIVE) {
      if (length === 0) return;
      throw new WireFormatError(`A keep-alive packet of ${length} bytes`);
    }
    if (type !== SessionPacketType.MESSAGE) {
      throw new WireFormatError(`Not a message: its prefix starts with 0x${hex(type)}, not 0x00`);
    }
    if (length === 0) throw new WireFormatError("A message without a single byte");
    if (length > this.#maxMessageSize) {
      throw new WireFormatError(
        `A message of ${length} bytes, the most allowed is ${this.#maxMessageSize}`,
      );
    }
  }

  #explain(error: unknown, bytes: Uint8Array): WireFormatError {
    const fault = error as WireFormatError;
    const guess = this.#isFirst ? guessForeignProtocol(bytes) : undefined;
    return guess === undefined ? fault : new WireFormatError(`${fault.message}; ${guess}`);
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
