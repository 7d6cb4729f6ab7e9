import type { MessageCodec } from "./codec.ts";
import { Command } from "./constants.ts";
import type { EmptyBody } from "./empty-body.ts";
import { emptyBody } from "./empty-body.ts";

/** [MS-SMB2] 2.2.17 SMB2 FLUSH Request. */
export interface FlushRequest {
  readonly fileId: Uint8Array;
}

/** [MS-SMB2] 2.2.17. */
export const FlushRequest: MessageCodec<FlushRequest> = {
  name: "FLUSH request",
  command: Command.FLUSH,
  structureSize: 24,
  encode(w, m) {
    w.u16(0).u32(0); // Reserved1, Reserved2
    w.raw(m.fileId); // FileId
  },
  decode(r) {
    r.skip(6); // Reserved1, Reserved2
    return { fileId: r.raw(16) };
  },
};

/** [MS-SMB2] 2.2.18 SMB2 FLUSH Response. */
export type FlushResponse = EmptyBody;

/** [MS-SMB2] 2.2.18. */
export const FlushResponse: MessageCodec<FlushResponse> = emptyBody(
  "FLUSH response",
  Command.FLUSH,
);
