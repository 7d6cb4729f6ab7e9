import type { MessageCodec } from "./codec.ts";
import { Command } from "./constants.ts";
import type { EmptyBody } from "./empty-body.ts";
import { emptyBody } from "./empty-body.ts";

/** [MS-SMB2] 2.2.11 SMB2 TREE_DISCONNECT Request. */
export type TreeDisconnectRequest = EmptyBody;

/** [MS-SMB2] 2.2.11. */
export const TreeDisconnectRequest: MessageCodec<TreeDisconnectRequest> = emptyBody(
  "TREE_DISCONNECT request",
  Command.TREE_DISCONNECT,
);

/** [MS-SMB2] 2.2.12 SMB2 TREE_DISCONNECT Response. */
export type TreeDisconnectResponse = EmptyBody;

/** [MS-SMB2] 2.2.12. */
export const TreeDisconnectResponse: MessageCodec<TreeDisconnectResponse> = emptyBody(
  "TREE_DISCONNECT response",
  Command.TREE_DISCONNECT,
);
