import type { MessageCodec } from "./codec.ts";
import type { Command } from "./constants.ts";

/** A body of StructureSize and Reserved alone: LOGOFF, ECHO, CANCEL and more. */
export type EmptyBody = Readonly<Record<string, never>>;

/** The codec of a four-byte body. */
export function emptyBody(name: string, command: Command): MessageCodec<EmptyBody> {
  return {
    name,
    command,
    structureSize: 4,
    encode(w) {
      w.u16(0); // Reserved
    },
    decode(r) {
      r.skip(2); // Reserved
      return {};
    },
  };
}
