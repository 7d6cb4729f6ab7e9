import { encodeBody, type MessageCodec } from "../smb2/codec.ts";
import { HeaderFlags } from "../smb2/constants.ts";
import { encodeHeader } from "../smb2/header.ts";
import type { MessageParts } from "../transport.ts";
import { Writer } from "../wire/writer.ts";
import type { MessageSecurity } from "./message-security.ts";

/** Where fields lie in the header ([MS-SMB2] 2.2.1.2) that are known only later. */
const CHANNEL_SEQUENCE_OFFSET = 8;
const CREDIT_REQUEST_OFFSET = 14;
const NEXT_COMMAND_OFFSET = 20;
const MESSAGE_ID_OFFSET = 24;

/** One request, ready to be laid out: its codec, its message and what its header says. */
export interface OutboundMessage {
  readonly codec: MessageCodec<unknown>;
  readonly message: unknown;
  /** Bytes that follow as a message part of their own (WRITE); never copied. */
  readonly payload: Uint8Array | undefined;
  readonly creditCharge: number;
  readonly treeId: number;
  readonly sessionId: bigint;
  readonly flags: number;
  /** For CANCEL of a request that went asynchronous. */
  readonly asyncId: bigint;
}

/** What one message gets when the credits are there. */
export interface MessageNumbers {
  readonly messageId: number;
  readonly creditRequest: number;
  /** 0 where there is only one channel. */
  readonly channelSequence: number;
}

/** A frame: all parts in order, and the parts of each message, which are signed one by one. */
export interface OutboundFrame {
  readonly parts: MessageParts;
  readonly messages: readonly MessageParts[];
}

/**
 * Lays out one request, or a compound of several: every message but the last is padded to 8 bytes
 * and names the next ([MS-SMB2] 3.2.4.1.4). MessageIds are still missing: what cannot be encoded must
 * fail before it has taken any, for an id that is never sent is a credit lost.
 */
export function layOutFrame(
  requests: readonly OutboundMessage[],
  isSigned: boolean,
): OutboundFrame {
  const messages = requests.map((request, index) =>
    layOutMessage(request, isSigned, index < requests.length - 1),
  );
  return { parts: messages.length === 1 ? (messages[0] ?? []) : messages.flat(), messages };
}

/** Fills in the numbers of one message of a frame, then signs it where asked to. */
export function completeMessage(
  parts: MessageParts,
  numbers: MessageNumbers,
  command: number,
  signWith: MessageSecurity | undefined,
): void {
  const [head] = parts;
  if (head === undefined) return;
  const { messageId, creditRequest, channelSequence } = numbers;
  const view = new DataView(head.buffer, head.byteOffset, MESSAGE_ID_OFFSET + 8);
  view.setUint16(CHANNEL_SEQUENCE_OFFSET, channelSequence, true);
  view.setUint16(CREDIT_REQUEST_OFFSET, creditRequest, true);
  view.setUint32(MESSAGE_ID_OFFSET, messageId >>> 0, true);
  view.setUint32(MESSAGE_ID_OFFSET + 4, Math.floor(messageId / 0x1_0000_0000), true);
  signWith?.sign(parts, messageId, command);
}

function layOutMessage(
  request: OutboundMessage,
  isSigned: boolean,
  isFollowed: boolean,
): MessageParts {
  const w = new Writer(192);
  encodeHeader(w, {
    creditCharge: request.creditCharge,
    status: 0,
    command: request.codec.command,
    credits: 0,
    flags: request.flags | (isSigned ? HeaderFlags.SIGNED : 0),
    nextCommand: 0,
    messageId: 0,
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
