import { UnsupportedError, WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import type { Command } from "./constants.ts";
import { HEADER_LENGTH } from "./header.ts";

/**
 * One SMB2 message in both directions. `encode` starts behind StructureSize, at the first field
 * after it, with the writer's origin at the SMB2 header; `decode` likewise, with the reader's first
 * byte being the first byte of the header.
 */
export interface MessageCodec<M> extends BodyCodec<M> {
  readonly command: Command;
}

/** A message body that no single command owns: the ERROR Response ([MS-SMB2] 2.2.2). */
export interface BodyCodec<M> {
  /** As it appears in traces: `READ request`. */
  readonly name: string;
  /** StructureSize as the specification gives it, odd where a variable part follows. */
  readonly structureSize: number;
  /** True where the variable part is not encoded here but follows as message parts (WRITE). */
  readonly payloadFollows?: boolean;
  encode(w: Writer, message: M): void;
  decode(r: Reader): M;
}

/** Appends the body (StructureSize and all) to a writer whose origin is its SMB2 header. */
export function encodeBody<M>(w: Writer, codec: BodyCodec<M>, message: M): void {
  // An odd StructureSize counts the first byte of the variable part; a message whose variable part
  // is empty still sends that one byte ([MS-SMB2] 2.2: "regardless of how large Buffer[] is").
  const fixed = codec.structureSize & ~1;
  w.begin(fixed);
  const end = w.tail + (codec.structureSize & 1);
  w.u16(codec.structureSize);
  codec.encode(w, message);
  if (w.tail < end && codec.payloadFollows !== true) w.append(EMPTY_BYTE);
}

const EMPTY_BYTE = new Uint8Array(1);

/**
 * Decodes the body of `message`, a whole SMB2 message that begins with its header.
 *
 * @throws {WireFormatError} where StructureSize is wrong or a field lies outside the message
 */
export function decodeBody<M>(message: Uint8Array, codec: BodyCodec<M>): M {
  const r = new Reader(message, HEADER_LENGTH);
  const structureSize = r.u16();
  if (structureSize !== codec.structureSize) {
    throw new WireFormatError(
      `${codec.name}: StructureSize is ${structureSize} instead of ${codec.structureSize}`,
    );
  }
  return codec.decode(r);
}

/** A variable part that is not there. */
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * The variable part at `offset` from the header, as a view. To be called once the fixed part is
 * read: the variable part lies behind it.
 *
 * @throws {WireFormatError} where it overlaps what was read, or ends outside the message
 */
export function variablePart(r: Reader, offset: number, length: number): Uint8Array {
  if (length === 0) return NO_BYTES;
  if (offset < r.pos) {
    throw new WireFormatError(`Offset ${offset} lies inside the first ${r.pos} bytes of a message`);
  }
  return r.slice(offset, length);
}

/**
 * Writes `XxxOffset` (2) and `XxxLength` (2) with the offset set even where there are no bytes, as
 * Samba's server demands of the messages that use it.
 *
 * @throws {UnsupportedError} where the bytes are too many for a 16-bit length
 */
export function placeBlob16(w: Writer, what: string, bytes: Uint8Array): void {
  if (bytes.length > 0xffff) {
    throw new UnsupportedError(`${what} of ${bytes.length} bytes is too long for SMB2`);
  }
  w.u16(w.tailOffset).u16(bytes.length).append(bytes);
}
