import { WireFormatError } from "../../core/errors.ts";

/** How many bits of the four-byte prefix hold the length: Direct TCP 24, NetBIOS 17. */
export type LengthBits = 24 | 17;

/** Bytes of the prefix in front of every message. */
export const PREFIX_LENGTH = 4;

/** The types of NetBIOS session packets (RFC 1002 4.3.1); Direct TCP knows only MESSAGE. */
export const SessionPacketType = {
  MESSAGE: 0x00,
  REQUEST: 0x81,
  POSITIVE_RESPONSE: 0x82,
  NEGATIVE_RESPONSE: 0x83,
  RETARGET_RESPONSE: 0x84,
  KEEP_ALIVE: 0x85,
} as const;

/** The largest length that the prefix can say. */
export function maxFrameLength(lengthBits: LengthBits): number {
  return lengthBits === 24 ? 0xff_ffff : 0x1_ffff;
}

/**
 * Writes the prefix of a message of `length` bytes to the start of `into`: a zero byte and a
 * big-endian 24-bit length ([MS-SMB2] 2.1), which for lengths of 17 bits is at the same time the
 * SESSION MESSAGE header with its extension bit (RFC 1002 4.3.6).
 */
export function writeFramePrefix(into: Uint8Array, length: number): void {
  into[0] = SessionPacketType.MESSAGE;
  into[1] = length >>> 16;
  into[2] = length >>> 8;
  into[3] = length;
}

/** The prefix of a message of `length` bytes, on its own. */
export function encodeFramePrefix(length: number): Uint8Array {
  const prefix = new Uint8Array(PREFIX_LENGTH);
  writeFramePrefix(prefix, length);
  return prefix;
}

/** A prefix taken apart. */
export interface FramePrefix {
  readonly type: number;
  readonly length: number;
}

/**
 * Reads the prefix at `at`.
 *
 * @throws {WireFormatError} where reserved bits are set: NetBIOS has 17 bits of length
 */
export function readFramePrefix(
  bytes: Uint8Array,
  at: number,
  lengthBits: LengthBits,
): FramePrefix {
  const [type = 0, high = 0, middle = 0, low = 0] = bytes.subarray(at, at + PREFIX_LENGTH);
  if (lengthBits === 17 && high > 1) {
    throw new WireFormatError(`Reserved flags 0x${high.toString(16)} in a session packet`);
  }
  return { type, length: (high << 16) | (middle << 8) | low };
}
