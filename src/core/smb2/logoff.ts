import type { MessageCodec } from "./codec.ts";
import { Command } from "./constants.ts";
import type { EmptyBody } from "./empty-body.ts";
import { emptyBody } from "./empty-body.ts";

/** [MS-SMB2] 2.2.7 SMB2 LOGOFF Request. */
export type LogoffRequest = EmptyBody;

/** [MS-SMB2] 2.2.7. */
export const LogoffRequest: MessageCodec<LogoffRequest> = emptyBody(
  "LOGOFF request",
  Command.LOGOFF,
);

/** [MS-SMB2] 2.2.8 SMB2 LOGOFF Response. */
export type LogoffResponse = EmptyBody;

/** [MS-SMB2] 2.2.8. */
export const LogoffResponse: MessageCodec<LogoffResponse> = emptyBody(
  "LOGOFF response",
  Command.LOGOFF,
);
