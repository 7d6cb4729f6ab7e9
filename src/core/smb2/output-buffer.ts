import type { MessageCodec } from "./codec.ts";
import { variablePart } from "./codec.ts";
import type { Command } from "./constants.ts";

/** The body that QUERY_DIRECTORY, CHANGE_NOTIFY and QUERY_INFO responses share. */
export interface OutputBuffer {
  /** A view of the message; may be empty. */
  readonly outputBuffer: Uint8Array;
}

/** The codec of such a body: OutputBufferOffset (2), OutputBufferLength (4), Buffer. */
export function outputBuffer(name: string, command: Command): MessageCodec<OutputBuffer> {
  return {
    name,
    command,
    structureSize: 9,
    encode(w, m) {
      w.u16(m.outputBuffer.length === 0 ? 0 : w.tailOffset); // OutputBufferOffset
      w.u32(m.outputBuffer.length); // OutputBufferLength
      w.append(m.outputBuffer);
    },
    decode(r) {
      const offset = r.u16();
      const length = r.u32();
      return { outputBuffer: variablePart(r, offset, length) };
    },
  };
}
