import type { Clock } from "../clock.ts";
import { ProtocolError } from "../errors.ts";
import { Command, HeaderFlags } from "../smb2/constants.ts";
import { ProtocolId } from "../smb2/header.ts";
import { decodeTransformHeader } from "../smb2/transform-header.ts";
import type { CreditWindow } from "./credit-window.ts";
import { type InboundMessage, protocolIdOf, splitFrame } from "./inbound-frame.ts";
import type { MessageSecurity } from "./message-security.ts";
import type { OutstandingRequest, OutstandingRequests, RawReply } from "./outstanding-requests.ts";
import { ReceivePool } from "./receive-pool.ts";
import { checkProtection, isInterim } from "./reply-rules.ts";
import type { TraceListener } from "./trace.ts";

/** One interim response is the rule ([MS-SMB2] 3.3.4.3); so many are a server that mocks us. */
const MOST_INTERIMS = 1000;

/** What the receiving half of a connection works with. */
export interface ReceiverParts {
  readonly clock: Clock;
  readonly trace: TraceListener | undefined;
  readonly outstanding: OutstandingRequests;
  readonly window: CreditWindow;
  /** The keys of the sessions, by SessionId. */
  readonly securities: ReadonlyMap<bigint, MessageSecurity>;
  /** An oplock or lease break, which nobody asked for. */
  onBreak(message: Uint8Array): void;
}

/** The receiving half of a connection: it opens frames, checks messages and hands out replies. */
export class Receiver {
  readonly #parts: ReceiverParts;
  readonly #pool = new ReceivePool();

  constructor(parts: ReceiverParts) {
    this.#parts = parts;
  }

  /** Memory for a frame of `length` bytes. */
  allocate(length: number): Uint8Array {
    return this.#pool.allocate(length);
  }

  /**
   * Takes one frame ([MS-SMB2] 3.2.5.1).
   *
   * @throws {WireFormatError} where it is malformed
   * @throws {ProtocolError} where it breaks a rule; either way the connection must end
   */
  receive(frame: Uint8Array): void {
    const isEncrypted = protocolIdOf(frame) === ProtocolId.TRANSFORM;
    const security = isEncrypted ? this.#securityOf(frame) : undefined;
    const plain = security === undefined ? frame : security.open(frame);
    this.#parts.trace?.({ direction: "received", parts: [plain], isEncrypted });
    const messages = splitFrame(plain);
    let references = messages.length;
    const releaseOne = (): void => {
      references -= 1;
      if (references === 0) this.#pool.release(frame);
    };
    for (const inbound of messages) this.#dispatch(new Reply(inbound, releaseOne), security);
  }

  #securityOf(frame: Uint8Array): MessageSecurity {
    const { sessionId } = decodeTransformHeader(frame);
    const security = this.#parts.securities.get(sessionId);
    if (security === undefined)
      throw new ProtocolError("An encrypted frame names a session we do not have");
    return security;
  }

  #dispatch(reply: Reply, openedBy: MessageSecurity | undefined): void {
    const { header } = reply;
    if ((header.flags & HeaderFlags.SERVER_TO_REDIR) === 0) {
      throw new ProtocolError("The server sent a message that is not a response");
    }
    if (header.messageId === -1) {
      if (header.command === Command.OPLOCK_BREAK) this.#parts.onBreak(reply.message);
      return;
    }
    const { outstanding, window } = this.#parts;
    const request = outstanding.get(header.messageId);
    if (request === undefined || request.sent.command !== header.command) {
      throw new ProtocolError(
        `The server answered a request that was never sent (MessageId ${header.messageId}, command ${header.command})`,
      );
    }
    reply.isUnproven = !checkProtection(request.sent, reply, openedBy);
    if (isInterim(header)) {
      this.#noteInterim(request, reply);
      return;
    }
    outstanding.remove(header.messageId);
    request.answer(reply);
    const { creditCharge } = request.sent;
    if (request.interims === 0) window.settle(creditCharge, header.credits);
    else window.settleDelayed(creditCharge, header.credits);
    if (window.isExhausted) throw new ProtocolError("The server took away all credits");
  }

  /** [MS-SMB2] 3.2.5.1.5: the real response follows, under an AsyncId. */
  #noteInterim(request: OutstandingRequest, { header }: RawReply): void {
    request.interims += 1;
    if (request.interims > MOST_INTERIMS) {
      throw new ProtocolError(
        `The server keeps saying that it works on ${request.sent.commandName}, and never answers it`,
      );
    }
    if ((header.flags & HeaderFlags.ASYNC_COMMAND) !== 0) request.asyncId = header.asyncId;
    if (request.interims > 1) {
      this.#parts.window.grant(header.credits);
      return;
    }
    // Only the first one is a sign of life: a server must not keep us waiting by repeating it.
    request.quietSinceMs = this.#parts.clock.now();
    this.#parts.window.delay(request.sent.creditCharge, header.credits);
  }
}

/** One message of a frame; the frame's memory goes back when all its messages were released. */
class Reply implements RawReply {
  readonly header: InboundMessage["header"];
  readonly message: Uint8Array;
  isUnproven = false;
  readonly #releaseOne: () => void;
  #isReleased = false;

  constructor({ header, message }: InboundMessage, releaseOne: () => void) {
    this.header = header;
    this.message = message;
    this.#releaseOne = releaseOne;
  }

  release(): void {
    // A second call must not count for another message of the frame, which may still be in use.
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#releaseOne();
  }
}
