import type { MessageCodec } from "./codec.ts";
import { Command } from "./constants.ts";
import type { EmptyBody } from "./empty-body.ts";
import { emptyBody } from "./empty-body.ts";

/** [MS-SMB2] 2.2.30 SMB2 CANCEL Request. */
export type CancelRequest = EmptyBody;

/** [MS-SMB2] 2.2.30. */
export const CancelRequest: MessageCodec<CancelRequest> = emptyBody(
  "CANCEL request",
  Command.CANCEL,
);
