import type { MessageCodec } from "../smb2/codec.ts";
import type { MessageParts } from "../transport.ts";
import type { ChannelSequence } from "./channel-sequence.ts";
import type { MessageSecurity } from "./message-security.ts";
import type { RawReply } from "./outstanding-requests.ts";

/** What a request costs in credits. */
export type RequestSize = Pick<OutboundRequest, "payload" | "expectedSize">;

/** One request as the layers above give it to a connection. */
export interface OutboundRequest {
  readonly codec: MessageCodec<unknown>;
  readonly message: unknown;
  /** The data of a WRITE: a message part of its own, never copied. */
  readonly payload?: Uint8Array | undefined;
  /** Bytes that the response may carry: with the payload's length it sets CreditCharge. */
  readonly expectedSize?: number | undefined;
  readonly treeId?: number | undefined;
  /** Header flags besides those that the connection sets itself. */
  readonly flags?: number | undefined;
  /**
   * The sender itself checks who signed the response: the last one of a SESSION_SETUP is signed with
   * a key that it completes.
   */
  readonly isCheckedBySender?: boolean | undefined;
  /** No answer counts that is not signed, not even one that is unsigned by nature. */
  readonly mustBeProven?: boolean | undefined;
  /** It may rightly stay unanswered as long as the server lives: CHANGE_NOTIFY, a blocking LOCK. */
  readonly mayWait?: boolean | undefined;
  /** What to do with an answer that comes after the caller aborted: close the handle it opened. */
  readonly onLateReply?: ((reply: RawReply) => void) | undefined;
}

export interface SendOptions {
  /** The keys to protect the frame with, and the session to name. */
  readonly security?: MessageSecurity | undefined;
  /** The session to name where there are no keys yet (SESSION_SETUP). */
  readonly sessionId?: bigint | undefined;
  /** Encrypt although the session does not ask for it: the share does. */
  readonly encrypt?: boolean | undefined;
  /** Sign although the session does not ask for it ([MS-SMB2] 3.2.4.1.1: TREE_CONNECT with 3.1.1). */
  readonly sign?: boolean | undefined;
  /** Make it a related compound: SessionId, TreeId and FileId carry over ([MS-SMB2] 3.2.4.1.4). */
  readonly related?: boolean | undefined;
  /** What the session counts its lost channels with; read at the moment the frame leaves. */
  readonly channelSequence?: ChannelSequence | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A frame on its way. */
export interface SentFrame {
  /** The exact bytes of each message as sent: preauthentication integrity hashes them. */
  readonly messages: readonly MessageParts[];
  readonly replies: readonly Promise<RawReply>[];
  /** Each of the messages is signed, and none encrypted. */
  readonly isSigned: boolean;
  /** The ChannelSequence that the messages name. */
  readonly channelSequence: number;
  /** Resolves when the payload buffers may be reused. */
  readonly sent: Promise<void>;
}
