import type { Connection } from "../connection/connection.ts";
import type { MessageSecurity } from "../connection/message-security.ts";
import type { OutboundRequest, SendOptions, SentFrame } from "../connection/request.ts";
import { NtStatus } from "../nt-status.ts";
import { HeaderFlags } from "../smb2/constants.ts";
import { type AnyRequestSpec, decodeReply } from "./request-spec.ts";

/** One connection of a session, with the key that signs there ([MS-SMB2] 3.2.1.8). */
export class Channel {
  readonly connection: Connection;
  readonly security: MessageSecurity;
  /** Bytes that requests under way carry, in either direction: what the load is spread by. */
  outstandingBytes = 0;
  /** It is kept for the time when no other channel is left: TCP beside RDMA. */
  isStandby = false;

  constructor(connection: Connection, security: MessageSecurity) {
    this.connection = connection;
    this.security = security;
  }

  get isOpen(): boolean {
    return !this.connection.isClosed;
  }

  /** Whether the credits suffice to send all of `specs` in one frame. */
  canSendAtOnce(specs: readonly AnyRequestSpec[]): boolean {
    return this.connection.canSendAtOnce(specs);
  }

  /**
   * Makes a request a message of this channel. It is the only place where that happens: a request
   * that is sent again on another channel comes through here again.
   */
  messageOf(spec: AnyRequestSpec, isReplay: boolean): OutboundRequest {
    const { onLateReply } = spec;
    const flags = (spec.flags ?? 0) | (isReplay ? HeaderFlags.REPLAY_OPERATION : 0);
    return {
      codec: spec.request,
      message: spec.message,
      payload: spec.payload,
      expectedSize: spec.expectedSize,
      treeId: spec.treeId,
      flags,
      mayWait: spec.mayWait,
      onLateReply:
        onLateReply === undefined
          ? undefined
          : (raw) => {
              if (raw.header.status === NtStatus.SUCCESS)
                spec.onLateReply?.(decodeReply(raw, spec.response));
            },
    };
  }

  /** Sends requests as one frame, protected as the session wants it. */
  send(requests: readonly OutboundRequest[], options: SendOptions): Promise<SentFrame> {
    return this.connection.send(requests, { ...options, security: this.security });
  }
}
