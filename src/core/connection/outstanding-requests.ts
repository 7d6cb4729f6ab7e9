import type { Smb2Header } from "../smb2/header.ts";
import type { MessageSecurity } from "./message-security.ts";

/** A response as it came: one whole SMB2 message, decoded no further than its header. */
export interface RawReply {
  readonly header: Smb2Header;
  /** The message from its header on: without the other messages of a compound, with its padding. */
  readonly message: Uint8Array;
  /**
   * Nothing has shown that the server said this. Where the sender does not check it (SESSION_SETUP) it
   * is a failure that some servers do not sign (`reply-rules.ts`): it may fail its request, and must
   * never count as anything better.
   */
  readonly isUnproven: boolean;
  /** Gives the memory back; `message` must not be read afterwards. Calling it is optional. */
  release(): void;
}

/** What is remembered of a request that was sent ([MS-SMB2] 3.2.1.7). */
export interface SentRequest {
  readonly messageId: number;
  readonly command: number;
  readonly commandName: string;
  readonly creditCharge: number;
  readonly sessionId: bigint;
  readonly treeId: number;
  /** What its response must be protected by; undefined before a session exists. */
  readonly security: MessageSecurity | undefined;
  readonly isEncrypted: boolean;
  readonly isSigned: boolean;
  /** The Signature field of the request; some servers leave it in a failure that they do not sign. */
  readonly signature: Uint8Array;
  /** An answer that is not signed proves nothing and ends the connection, whatever its status. */
  readonly mustBeProven: boolean;
  /** Who sent it verifies the signature of the response. */
  readonly isCheckedBySender: boolean;
  /** What to do with an answer that comes after the caller has given up. */
  readonly onLateReply: ((reply: RawReply) => void) | undefined;
}

/** A request that was sent and not finally answered, and the caller who waits for it. */
export class OutstandingRequest {
  readonly sent: SentRequest;
  readonly reply: Promise<RawReply>;
  /** It may rightly stay unanswered as long as the server lives: CHANGE_NOTIFY, a blocking LOCK. */
  readonly mayWait: boolean;
  /** Interim responses so far. */
  interims = 0;
  /** Given by the first interim response ([MS-SMB2] 3.2.5.1.5). */
  asyncId: bigint | undefined;
  /** When it was sent, or first acknowledged by STATUS_PENDING. */
  quietSinceMs: number;
  /** Takes back whatever would end the wait early. */
  forget: (() => void) | undefined;
  #isAbandoned = false;
  #resolve: (reply: RawReply) => void = () => {};
  #reject: (error: unknown) => void = () => {};

  constructor(sent: SentRequest, options: { readonly nowMs: number; readonly mayWait: boolean }) {
    this.sent = sent;
    this.quietSinceMs = options.nowMs;
    this.mayWait = options.mayWait;
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The caller is no longer waiting; the entry stays until the server answers, for its credits. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Hands over the final response: to the caller, or to who cleans up after one who has gone. */
  answer(reply: RawReply): void {
    this.forget?.();
    if (this.#isAbandoned) this.sent.onLateReply?.(reply);
    else this.#resolve(reply);
  }

  fail(error: unknown): void {
    this.forget?.();
    this.#reject(error);
  }

  /** Lets the caller go, with `reason`, before the server has answered. */
  abandon(reason: unknown): void {
    this.#isAbandoned = true;
    this.fail(reason);
  }
}

/** Connection.OutstandingRequests of [MS-SMB2] 3.2.1.2, keyed by MessageId. */
export class OutstandingRequests {
  readonly #requests = new Map<number, OutstandingRequest>();

  get size(): number {
    return this.#requests.size;
  }

  add(request: OutstandingRequest): void {
    this.#requests.set(request.sent.messageId, request);
  }

  get(messageId: number): OutstandingRequest | undefined {
    return this.#requests.get(messageId);
  }

  remove(messageId: number): void {
    this.#requests.delete(messageId);
  }

  /** The one that somebody has been waiting for longest, not counting those that may wait. */
  quietest(): OutstandingRequest | undefined {
    let found: OutstandingRequest | undefined;
    for (const request of this.#requests.values()) {
      if (request.mayWait || request.isAbandoned) continue;
      if (found === undefined || request.quietSinceMs < found.quietSinceMs) found = request;
    }
    return found;
  }

  /** Somebody waits for one that may wait. */
  get mayWait(): boolean {
    for (const request of this.#requests.values()) {
      if (request.mayWait && !request.isAbandoned) return true;
    }
    return false;
  }

  /** Rejects all of them. */
  failAll(error: unknown): void {
    const all = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of all) request.fail(error);
  }
}
