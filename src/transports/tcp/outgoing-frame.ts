import type { MessageParts } from "../../core/transport.ts";
import { PREFIX_LENGTH, writeFramePrefix } from "../framing/frame-prefix.ts";

/** Below this many bytes copying is cheaper than another write. */
const COPY_BELOW = 16_384;

/** A message as the writes that carry it. */
export interface OutgoingFrame {
  readonly writes: readonly Uint8Array[];
  /** True where every byte was copied: the caller's buffers may be reused at once. */
  readonly isCopied: boolean;
}

/** How many bytes a message has. */
export function messageLength(message: MessageParts): number {
  return message.reduce((sum, part) => sum + part.length, 0);
}

/**
 * The writes of one message with its prefix. Small neighbours are joined, the prefix with them, so
 * that a small message is one write (and one packet); large parts stay where they are.
 */
export function outgoingFrame(message: MessageParts, length: number): OutgoingFrame {
  const prefix = Buffer.allocUnsafe(PREFIX_LENGTH);
  writeFramePrefix(prefix, length);
  const writes: Uint8Array[] = [];
  let small: Uint8Array[] = [prefix];
  let smallLength = PREFIX_LENGTH;
  let isCopied = true;
  const flush = (): void => {
    if (smallLength > 0) writes.push(Buffer.concat(small, smallLength));
    small = [];
    smallLength = 0;
  };
  for (const part of message) {
    if (part.length >= COPY_BELOW) {
      flush();
      writes.push(part);
      isCopied = false;
    } else if (part.length > 0) {
      if (smallLength + part.length > COPY_BELOW) flush();
      small.push(part);
      smallLength += part.length;
    }
  }
  flush();
  return { writes, isCopied };
}
