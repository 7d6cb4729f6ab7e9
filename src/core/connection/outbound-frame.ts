import { encodeBody, type MessageCodec } from "../smb2/codec.ts";
import { HeaderFlags } from "../smb2/constants.ts";
import { encodeHeader } from "../smb2/header.ts";
import type { MessageParts } from "../transport.ts";
import { Writer } from "../wire/writer.ts";
import type { MessageSecurity } from "./message-security.ts";

/** NextCommand lies 20 bytes into the header ([MS-SMB2] 2.2.1.2). */
const NEXT_COMMAND_OFFSET = 20;

/** One request, ready to be laid out: its codec, its message and what its header says. */
export interface OutboundMessage {
  readonly codec: MessageCodec<unknown>;
  readonly message: unknown;
  /** Bytes that follow as a message part of their own (WRITE); never copied. */
  readonly payload: Uint8Array | undefined;
  readonly messageId: number;
  readonly creditCharge: number;
  readonly creditRequest: number;
  readonly treeId: number;
  readonly sessionId: bigint;
  readonly flags: number;
  /** ChannelSequence in the low 16 bits ([MS-SMB2] 2.2.1.2). */
  readonly channelSequence: number;
  /** For CANCEL of a request that went asynchronous. */
  readonly asyncId: bigint;
}

/** A frame: all parts in order, and the parts of each message, which were signed one by one. */
export interface OutboundFrame {
  readonly parts: MessageParts;
  readonly messages: readonly MessageParts[];
}

/**
 * Lays out one request, or a compound of several: every message but the last is padded to 8 bytes
 * and names the next ([MS-SMB2] 3.2.4.1.4). Each is signed by `security` where it asks for that.
 */
export function layOutFrame(
  requests: readonly OutboundMessage[],
  security: MessageSecurity | undefined,
  sign: boolean,
): OutboundFrame {
  const messages = requests.map((request, index) => {
    const parts = layOutMessage(request, sign, index < requests.length - 1);
    if (sign) security?.sign(parts, request.messageId, request.codec.command);
    return parts;
  });
  return { parts: messages.length === 1 ? (messages[0] ?? []) : messages.flat(), messages };
}

function layOutMessage(request: OutboundMessage, sign: boolean, isFollowed: boolean): MessageParts {
  const w = new Writer(192);
  encodeHeader(w, {
    creditCharge: request.creditCharge,
    status: request.channelSequence,
    command: request.codec.command,
    credits: request.creditRequest,
    flags: request.flags | (sign ? HeaderFlags.SIGNED : 0),
    nextCommand: 0,
    messageId: request.messageId,
    asyncId: request.asyncId,
    treeId: request.treeId,
    sessionId: request.sessionId,
  });
  encodeBody(w, request.codec, request.message);
  const { payload } = request;
  const bare = w.length + (payload?.length ?? 0);
  const padding = isFollowed ? -bare & 7 : 0;
  if (isFollowed) w.setU32(NEXT_COMMAND_OFFSET, bare + padding);
  if (payload === undefined) {
    if (padding > 0) w.append(new Uint8Array(padding));
    return [w.finish()];
  }
  const parts = [w.finish(), payload];
  if (padding > 0) parts.push(new Uint8Array(padding));
  return parts;
}
