import type { RawReply } from "../connection/outstanding-requests.ts";
import { ProtocolError } from "../errors.ts";
import { NtStatus } from "../nt-status.ts";
import { decodeBody, type MessageCodec } from "../smb2/codec.ts";
import { Command } from "../smb2/constants.ts";
import { HEADER_LENGTH } from "../smb2/header.ts";
import { Reader } from "../wire/reader.ts";
import type { WriteMemory } from "./write-memory.ts";

/** A request and the response it expects, as the layers above a session give it. */
export interface RequestSpec<Q, R> {
  readonly request: MessageCodec<Q>;
  readonly message: Q;
  readonly response: MessageCodec<R>;
  /** The data of a WRITE: sent as a message part of its own, never copied. */
  readonly payload?: Uint8Array | undefined;
  /** Where `payload` lies, if that is memory of a channel. Its owner keeps it until the answer. */
  readonly memory?: WriteMemory | undefined;
  /** Bytes that the response may carry: sets CreditCharge together with the payload. */
  readonly expectedSize?: number | undefined;
  /**
   * A READ or WRITE of a file, whose data may go by RDMA where the channel allows it. Then the reply
   * of a READ has to be released: its memory is wanted for others.
   */
  readonly mayPlace?: boolean | undefined;
  readonly treeId?: number | undefined;
  /** The share asks for encryption although the session does not. */
  readonly encrypt?: boolean | undefined;
  /** Sign although the session does not ask for it. */
  readonly sign?: boolean | undefined;
  /** No answer counts that is not signed, not even one that is unsigned by nature. */
  readonly mustBeProven?: boolean | undefined;
  /** Statuses besides SUCCESS that are no error here. */
  readonly accept?: readonly number[] | undefined;
  /** It may rightly stay unanswered as long as the server lives. */
  readonly mayWait?: boolean | undefined;
  /** For error texts: the share-relative path. */
  readonly path?: string | undefined;
  readonly flags?: number | undefined;
  /**
   * Whether it may be sent again where its channel died before the answer came; without it the rules
   * of `replay-rules.ts` decide.
   */
  readonly mayReplay?: boolean | undefined;
  /** It was part of a frame whose channel died: the server may have carried it out. */
  readonly isReplay?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What to do with an answer that comes after `signal` aborted. */
  onLateReply?(reply: Reply<R>): void;
}

/** A spec of any message: members of a compound differ in type. */
export type AnyRequestSpec = RequestSpec<unknown, unknown>;

/** The command as the specification names it: `CREATE`. */
export function commandOf({ request }: AnyRequestSpec): string {
  return request.name.split(" ", 1)[0] ?? request.name;
}

/** A response that is no error. */
export interface Reply<R> {
  readonly status: number;
  readonly treeId: number;
  readonly sessionId: bigint;
  /** The decoded response. Throws where the status came with an error response (see `hasBody`). */
  readonly body: R;
  readonly hasBody: boolean;
  /** Gives the memory under `body`'s byte ranges back; optional, and the last thing to do with it. */
  release(): void;
}

/**
 * The reply of a raw response. The body is decoded at once, so that a malformed one is reported
 * where it arrived.
 *
 * @throws {WireFormatError} where the body is malformed
 */
export function decodeReply<R>(raw: RawReply, codec: MessageCodec<R>): Reply<R> {
  const hasBody = carriesBody(raw.header.status) || carriesLimits(raw, codec);
  const body = hasBody ? decodeBody(raw.message, codec) : undefined;
  return new DecodedReply(raw, codec.name, hasBody, body);
}

class DecodedReply<R> implements Reply<R> {
  readonly hasBody: boolean;
  readonly #raw: RawReply;
  readonly #name: string;
  readonly #body: R | undefined;

  constructor(raw: RawReply, name: string, hasBody: boolean, body: R | undefined) {
    this.#raw = raw;
    this.#name = name;
    this.hasBody = hasBody;
    this.#body = body;
  }

  get status(): number {
    return this.#raw.header.status;
  }

  get treeId(): number {
    return this.#raw.header.treeId;
  }

  get sessionId(): bigint {
    return this.#raw.header.sessionId;
  }

  get body(): R {
    if (!this.hasBody) throw new ProtocolError(`The server sent no ${this.#name}`);
    return this.#body as R;
  }

  release(): void {
    this.#raw.release();
  }
}

/** StructureSize of an IOCTL response ([MS-SMB2] 2.2.32); that of an ERROR response is 9. */
const IOCTL_STRUCTURE_SIZE = 49;

/**
 * A server-side copy that asks for too much is refused by an IOCTL response with the server's limits in
 * it ([MS-SMB2] 3.3.4.4, 3.3.5.15.6.2).
 */
function carriesLimits({ header, message }: RawReply, codec: MessageCodec<unknown>): boolean {
  if (codec.command !== Command.IOCTL || header.status !== NtStatus.INVALID_PARAMETER) return false;
  const body = message.subarray(HEADER_LENGTH);
  return body.length >= IOCTL_STRUCTURE_SIZE && new Reader(body).u16() === IOCTL_STRUCTURE_SIZE;
}

/**
 * Statuses under which the response itself follows and not an ERROR response ([MS-SMB2] 3.3.4.4).
 */
export function carriesBody(status: number): boolean {
  return (
    status === NtStatus.SUCCESS ||
    status === NtStatus.BUFFER_OVERFLOW ||
    status === NtStatus.MORE_PROCESSING_REQUIRED ||
    status === NtStatus.NOTIFY_ENUM_DIR ||
    status === NtStatus.NOTIFY_CLEANUP
  );
}
