import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import type { Command } from "./constants.ts";
import { HEADER_LENGTH } from "./header.ts";

/**
 * One SMB2 message in both directions. `encode` starts behind StructureSize, at the first field
 * after it, with the writer's origin at the SMB2 header; `decode` likewise, with the reader's first
 * byte being the first byte of the header.
 */
export interface MessageCodec<M> {
  /** As it appears in traces: `READ request`. */
  readonly name: string;
  readonly command: Command;
  /** StructureSize as the specification gives it, odd where a variable part follows. */
  readonly structureSize: number;
  /** True where the variable part is not encoded here but follows as message parts (WRITE). */
  readonly payloadFollows?: boolean;
  encode(w: Writer, message: M): void;
  decode(r: Reader): M;
}

/** Appends the body (StructureSize and all) to a writer whose origin is its SMB2 header. */
export function encodeBody<M>(w: Writer, codec: MessageCodec<M>, message: M): void {
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
export function decodeBody<M>(message: Uint8Array, codec: MessageCodec<M>): M {
  const r = new Reader(message, HEADER_LENGTH);
  const structureSize = r.u16();
  if (structureSize !== codec.structureSize) {
    throw new WireFormatError(
      `${codec.name}: StructureSize is ${structureSize} instead of ${codec.structureSize}`,
    );
  }
  return codec.decode(r);
}
