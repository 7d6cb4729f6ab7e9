import { WireFormatError } from "../../core/errors.ts";
import type { ByteReader } from "../framing/byte-reader.ts";
import { guessForeignProtocol } from "../framing/foreign-protocol.ts";
import { PREFIX_LENGTH, readFramePrefix, SessionPacketType } from "../framing/frame-prefix.ts";
import { encodeNetbiosName, NameSuffix } from "./netbios-name.ts";

/** The packet that keeps a session alive; it has no trailer (RFC 1002 4.3.7). */
export const KEEP_ALIVE_PACKET: Uint8Array = Uint8Array.of(SessionPacketType.KEEP_ALIVE, 0, 0, 0);

/** The SESSION REQUEST packet (RFC 1002 4.3.2). */
export function encodeSessionRequest(called: string, calling: string): Uint8Array {
  const calledName = encodeNetbiosName(called, NameSuffix.FILE_SERVER);
  const callingName = encodeNetbiosName(calling, NameSuffix.WORKSTATION);
  const length = calledName.length + callingName.length;
  return Uint8Array.of(SessionPacketType.REQUEST, 0, 0, length, ...calledName, ...callingName);
}

/** What a server says to a session request (RFC 1002 4.3.3 to 4.3.5). */
export type SessionResponse =
  | { readonly type: "positive" }
  | { readonly type: "negative"; readonly code: number }
  | { readonly type: "retarget"; readonly address: string; readonly port: number };

/** Why a server refuses a session (RFC 1002 4.3.4). */
export const SessionErrorCode = {
  NOT_LISTENING_ON_CALLED_NAME: 0x80,
  NOT_LISTENING_FOR_CALLING_NAME: 0x81,
  CALLED_NAME_NOT_PRESENT: 0x82,
  INSUFFICIENT_RESOURCES: 0x83,
  UNSPECIFIED: 0x8f,
} as const;

/** A refusal in words; `called` and `calling` are the names of the request. */
export function describeSessionError(code: number, called: string, calling: string): string {
  switch (code) {
    case SessionErrorCode.NOT_LISTENING_ON_CALLED_NAME:
      return `the server does not listen on the name ${called}`;
    case SessionErrorCode.NOT_LISTENING_FOR_CALLING_NAME:
      return `the server does not listen for the client name ${calling}`;
    case SessionErrorCode.CALLED_NAME_NOT_PRESENT:
      return `the server is not called ${called}`;
    case SessionErrorCode.INSUFFICIENT_RESOURCES:
      return `the server ${called} has no room for another session`;
    case SessionErrorCode.UNSPECIFIED:
      return "the server gives no reason";
    default:
      return `unknown reason 0x${code.toString(16).padStart(2, "0")}`;
  }
}

/** The lengths of the answers' trailers. */
const TRAILER_LENGTH: Readonly<Record<number, number>> = {
  [SessionPacketType.POSITIVE_RESPONSE]: 0,
  [SessionPacketType.NEGATIVE_RESPONSE]: 1,
  [SessionPacketType.RETARGET_RESPONSE]: 6,
};

/** Reads exactly one answer to a session request, and not a byte of what follows it. */
export class SessionResponseReader implements ByteReader {
  readonly #packet = new Uint8Array(PREFIX_LENGTH + 6);
  readonly #onResponse: (response: SessionResponse) => void;
  #filled = 0;
  #needed = PREFIX_LENGTH;

  constructor(onResponse: (response: SessionResponse) => void) {
    this.#onResponse = onResponse;
  }

  writable(): Uint8Array {
    return this.#packet.subarray(this.#filled, this.#needed);
  }

  advance(count: number): void {
    this.#filled += count;
    if (this.#filled === PREFIX_LENGTH && this.#needed === PREFIX_LENGTH) {
      this.#needed += trailerLength(this.#packet);
    }
    if (this.#filled === this.#needed) this.#onResponse(decodeSessionResponse(this.#packet));
  }
}

function trailerLength(packet: Uint8Array): number {
  const foreign = guessForeignProtocol(packet);
  if (foreign !== undefined) throw new WireFormatError(`Not a NetBIOS session: ${foreign}`);
  const { type, length } = readFramePrefix(packet, 0, 17);
  const expected = TRAILER_LENGTH[type];
  if (expected === undefined) {
    throw new WireFormatError(
      `A session packet of type 0x${type.toString(16)} instead of an answer to the session request`,
    );
  }
  if (length !== expected) {
    throw new WireFormatError(`A session response of ${length} bytes instead of ${expected}`);
  }
  return expected;
}

function decodeSessionResponse(packet: Uint8Array): SessionResponse {
  const [type, , , , ...trailer] = packet;
  if (type === SessionPacketType.POSITIVE_RESPONSE) return { type: "positive" };
  const [first = 0, , , , portHigh = 0, portLow = 0] = trailer;
  if (type === SessionPacketType.NEGATIVE_RESPONSE) return { type: "negative", code: first };
  return {
    type: "retarget",
    address: trailer.slice(0, 4).join("."),
    port: portHigh * 256 + portLow,
  };
}
