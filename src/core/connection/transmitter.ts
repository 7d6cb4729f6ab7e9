import type { AbortListeners } from "../abort-listeners.ts";
import type { Clock } from "../clock.ts";
import { SIGNATURE_LENGTH } from "../crypto/signing.ts";
import { ProtocolError } from "../errors.ts";
import { CancelRequest } from "../smb2/cancel.ts";
import { HeaderFlags } from "../smb2/constants.ts";
import { SIGNATURE_OFFSET } from "../smb2/header.ts";
import type { MessageParts, Transport } from "../transport.ts";
import { BYTES_PER_CREDIT } from "./credit-supply.ts";
import type { CreditWindow } from "./credit-window.ts";
import type { MessageSecurity } from "./message-security.ts";
import {
  completeMessage,
  layOutFrame,
  type OutboundFrame,
  type OutboundMessage,
} from "./outbound-frame.ts";
import { OutstandingRequest, type OutstandingRequests } from "./outstanding-requests.ts";
import type { OutboundRequest, RequestSize, SendOptions, SentFrame } from "./request.ts";
import type { TraceListener } from "./trace.ts";

const NO_BYTES = new Uint8Array(0);
/** Credits that we ask the server to let us hold. */
const CREDIT_TARGET = 512;

/** What the sending half of a connection works with. */
export interface TransmitterParts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly trace: TraceListener | undefined;
  readonly outstanding: OutstandingRequests;
  readonly window: CreditWindow;
  readonly aborts: AbortListeners;
  /** The wire did not take a message. */
  onFault(error: unknown): void;
}

/** A frame that waits for credits. */
export interface Departure {
  readonly requests: readonly OutboundRequest[];
  readonly charges: readonly number[];
  /** Credits that all its messages need. */
  readonly charge: number;
  readonly frame: OutboundFrame;
  readonly options: SendOptions;
  readonly isEncrypted: boolean;
  readonly isSigned: boolean;
}

/** The sending half of a connection: it lays out requests, numbers, protects and sends them. */
export class Transmitter {
  /** Requests may spend several credits; known after NEGOTIATE. */
  supportsMultiCredit = false;
  readonly #parts: TransmitterParts;

  constructor(parts: TransmitterParts) {
    this.#parts = parts;
  }

  /** Credits that one request needs. */
  chargeOf(request: RequestSize): number {
    if (!this.supportsMultiCredit) return 1;
    const size = Math.max(request.payload?.length ?? 0, request.expectedSize ?? 0);
    return Math.max(1, Math.ceil(size / BYTES_PER_CREDIT));
  }

  /**
   * Lays out a frame, which takes no credits yet.
   *
   * @throws {UnsupportedError} where a field does not fit
   */
  prepare(requests: readonly OutboundRequest[], options: SendOptions): Departure {
    const { security } = options;
    const isEncrypted =
      security !== undefined && (security.encryptionRequired || options.encrypt === true);
    const isSigned =
      security !== undefined && !isEncrypted && security.signs(options.sign === true);
    const charges = requests.map((request) => this.chargeOf(request));
    let charge = 0;
    for (const each of charges) charge += each;
    const messages = requests.map((request, index) =>
      this.#outboundMessage(request, options, { charge: charges[index] ?? 1, index }),
    );
    const frame = layOutFrame(messages, isSigned);
    return { requests, charges, charge, frame, options, isEncrypted, isSigned };
  }

  /** Sends a frame whose first message gets the id `firstId`. */
  send(departure: Departure, firstId: number): SentFrame {
    const { requests, charges, frame, isEncrypted, isSigned } = departure;
    const { security } = departure.options;
    const channelSequence = departure.options.channelSequence?.value ?? 0;
    let messageId = firstId;
    const replies = requests.map((request, index) => {
      const id = messageId;
      messageId += charges[index] ?? 1;
      return this.#dispatch(departure, request, { index, messageId: id, channelSequence });
    });
    const sent = this.#sendFrame(frame, isEncrypted ? security : undefined);
    return { messages: frame.messages, replies, isSigned, channelSequence, sent };
  }

  /**
   * Asks the server to stop working on a request. CANCEL has the id of what it cancels, costs no
   * credit and gets no answer ([MS-SMB2] 3.2.4.24).
   */
  cancel(request: OutstandingRequest): void {
    const { sent, asyncId } = request;
    const message: OutboundMessage = {
      codec: CancelRequest,
      message: {},
      payload: undefined,
      creditCharge: 0,
      treeId: sent.treeId,
      sessionId: sent.sessionId,
      flags: asyncId === undefined ? 0 : HeaderFlags.ASYNC_COMMAND,
      asyncId: asyncId ?? 0n,
    };
    const frame = layOutFrame([message], sent.isSigned);
    const numbers = { messageId: sent.messageId, creditRequest: 0, channelSequence: 0 };
    const signWith = sent.isSigned ? sent.security : undefined;
    completeMessage(frame.parts, numbers, CancelRequest.command, signWith);
    this.#sendFrame(frame, sent.isEncrypted ? sent.security : undefined).catch(() => {});
  }

  /** Gives one message of a frame its numbers and starts to wait for its reply. */
  #dispatch(
    departure: Departure,
    request: OutboundRequest,
    place: {
      readonly index: number;
      readonly messageId: number;
      readonly channelSequence: number;
    },
  ): OutstandingRequest["reply"] {
    const { options, isSigned } = departure;
    const { index, messageId, channelSequence } = place;
    const charge = departure.charges[index] ?? 1;
    const parts = departure.frame.messages[index];
    if (parts === undefined) throw new ProtocolError("A request has no place in its frame");
    const missing = index === 0 ? Math.max(0, CREDIT_TARGET - this.#parts.window.total) : 0;
    const creditRequest = Math.min(0xffff, charge + missing);
    const { command } = request.codec;
    const signWith = isSigned ? options.security : undefined;
    completeMessage(parts, { messageId, creditRequest, channelSequence }, command, signWith);
    const outstanding = new OutstandingRequest(
      {
        messageId,
        command,
        commandName: request.codec.name,
        creditCharge: charge,
        sessionId: sessionIdOf(options),
        treeId: request.treeId ?? 0,
        security: options.security,
        isEncrypted: departure.isEncrypted,
        isSigned,
        signature: signatureOf(parts),
        mustBeProven: request.mustBeProven === true,
        isCheckedBySender: request.isCheckedBySender === true,
        onLateReply: request.onLateReply,
      },
      { nowMs: this.#parts.clock.now(), mayWait: request.mayWait === true },
    );
    this.#parts.outstanding.add(outstanding);
    const { signal } = options;
    if (signal !== undefined) {
      outstanding.forget = this.#parts.aborts.add(signal, () => {
        outstanding.abandon(signal.reason);
        this.cancel(outstanding);
      });
    }
    return outstanding.reply;
  }

  #outboundMessage(
    request: OutboundRequest,
    options: SendOptions,
    place: { readonly charge: number; readonly index: number },
  ): OutboundMessage {
    const isRelated = options.related === true && place.index > 0;
    return {
      codec: request.codec,
      message: request.message,
      payload: request.payload,
      creditCharge: this.supportsMultiCredit ? place.charge : 0,
      treeId: request.treeId ?? 0,
      sessionId: sessionIdOf(options),
      flags: (request.flags ?? 0) | (isRelated ? HeaderFlags.RELATED_OPERATIONS : 0),
      asyncId: 0n,
    };
  }

  #sendFrame(frame: OutboundFrame, sealWith: MessageSecurity | undefined): Promise<void> {
    const { trace, transport } = this.#parts;
    trace?.({ direction: "sent", parts: frame.parts, isEncrypted: sealWith !== undefined });
    const parts: MessageParts = sealWith === undefined ? frame.parts : sealWith.seal(frame.parts);
    const sent = transport.send(parts);
    sent.catch((error: unknown) => this.#parts.onFault(error));
    return sent;
  }
}

/** A view of the Signature field of a message that is complete. */
function signatureOf([head]: MessageParts): Uint8Array {
  return head?.subarray(SIGNATURE_OFFSET, SIGNATURE_OFFSET + SIGNATURE_LENGTH) ?? NO_BYTES;
}

function sessionIdOf(options: SendOptions): bigint {
  return options.security?.sessionId ?? options.sessionId ?? 0n;
}
