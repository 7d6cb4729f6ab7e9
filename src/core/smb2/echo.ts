import type { MessageCodec } from "./codec.ts";
import { Command } from "./constants.ts";
import type { EmptyBody } from "./empty-body.ts";
import { emptyBody } from "./empty-body.ts";

/** [MS-SMB2] 2.2.28 SMB2 ECHO Request. */
export type EchoRequest = EmptyBody;

/** [MS-SMB2] 2.2.28. */
export const EchoRequest: MessageCodec<EchoRequest> = emptyBody("ECHO request", Command.ECHO);

/** [MS-SMB2] 2.2.29 SMB2 ECHO Response. */
export type EchoResponse = EmptyBody;

/** [MS-SMB2] 2.2.29. */
export const EchoResponse: MessageCodec<EchoResponse> = emptyBody("ECHO response", Command.ECHO);
