import type { MessageParts } from "../transport.ts";

/** One SMB2 message on its way, before encryption or after decryption. */
export interface TraceEvent {
  readonly direction: "sent" | "received";
  /** The whole message or compound; views that are valid only during the call. */
  readonly parts: MessageParts;
  readonly isEncrypted: boolean;
}

export type TraceListener = (event: TraceEvent) => void;
