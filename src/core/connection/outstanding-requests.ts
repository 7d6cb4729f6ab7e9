import type { Smb2Header } from "../smb2/header.ts";
import type { MessageSecurity } from "./message-security.ts";

/** A response as it came: one whole SMB2 message, decoded no further than its header. */
export interface RawReply {
  readonly header: Smb2Header;
  /** The message from its header on: without the other messages of a compound, with its padding. */
  readonly message: Uint8Array;
  /** Gives the memory back; `message` must not be read afterwards. Calling it is optional. */
  release(): void;
}

/** A request that was sent and not finally answered. */
export interface OutstandingRequest {
  readonly messageId: number;
  readonly command: number;
  readonly commandName: string;
  readonly creditCharge: number;
  /** What its response must be protected by; undefined before a session exists. */
  readonly security: MessageSecurity | undefined;
  readonly sentEncrypted: boolean;
  readonly sentSigned: boolean;
  /** It may rightly stay unanswered as long as the server lives: CHANGE_NOTIFY, a blocking LOCK. */
  readonly mayWait: boolean;
  readonly sentAtMs: number;
  /** When it was sent, or last acknowledged by STATUS_PENDING. */
  quietSinceMs: number;
  /** Given by the interim response ([MS-SMB2] 3.2.5.1.5). */
  asyncId: bigint | undefined;
  resolve(reply: RawReply): void;
  reject(error: unknown): void;
}

/** Connection.OutstandingRequests of [MS-SMB2] 3.2.1.2, keyed by MessageId. */
export class OutstandingRequests {
  readonly #requests = new Map<number, OutstandingRequest>();

  get size(): number {
    return this.#requests.size;
  }

  add(request: OutstandingRequest): void {
    this.#requests.set(request.messageId, request);
  }

  get(messageId: number): OutstandingRequest | undefined {
    return this.#requests.get(messageId);
  }

  remove(messageId: number): void {
    this.#requests.delete(messageId);
  }

  /** The one that has been quiet longest, not counting those that may wait. */
  quietest(): OutstandingRequest | undefined {
    let found: OutstandingRequest | undefined;
    for (const request of this.#requests.values()) {
      if (!request.mayWait && (found === undefined || request.quietSinceMs < found.quietSinceMs)) {
        found = request;
      }
    }
    return found;
  }

  /** Rejects all of them. */
  failAll(error: unknown): void {
    const all = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of all) request.reject(error);
  }
}
