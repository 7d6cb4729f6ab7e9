import { WireFormatError } from "../errors.ts";
import { formatGuid, parseGuid } from "../wire/guid.ts";
import { Reader } from "../wire/reader.ts";
import { encodeBytes, type Writer } from "../wire/writer.ts";

/** C706 12.6.4, [MS-RPCE] 2.2.2: PTYPE. */
export const PduType = {
  REQUEST: 0,
  RESPONSE: 2,
  FAULT: 3,
  BIND: 11,
  BIND_ACK: 12,
  BIND_NAK: 13,
} as const;

/** C706 12.6.3.1: pfc_flags. */
export const PduFlags = { FIRST: 0x01, LAST: 0x02, OBJECT_UUID: 0x80 } as const;

/** The common header of every PDU, in bytes. */
export const PDU_HEADER_LENGTH = 16;
/** What precedes the stub in a request, and likewise in a response. */
export const STUB_OFFSET = 24;

/** Little-endian integers, ASCII characters. */
const DATA_REPRESENTATION = 0x10;

/** C706 12.6.3.1: what every PDU begins with. */
export interface PduHeader {
  readonly type: number;
  readonly flags: number;
  /** The whole PDU, in bytes. */
  readonly fragmentLength: number;
  readonly callId: number;
}

/**
 * @throws {WireFormatError} where the bytes are not the start of a DCE/RPC PDU, are not little-endian,
 *   or carry authentication data, which we never ask for
 */
export function decodePduHeader(bytes: Uint8Array): PduHeader {
  const r = new Reader(bytes);
  const version = r.u8();
  const minorVersion = r.u8();
  if (version !== 5 || minorVersion > 1) {
    throw new WireFormatError(`Not DCE/RPC: version ${version}.${minorVersion}`);
  }
  const type = r.u8();
  const flags = r.u8();
  const representation = r.u8();
  if (representation !== DATA_REPRESENTATION) {
    throw new WireFormatError(`DCE/RPC: unsupported data representation ${representation}`);
  }
  r.skip(3);
  const fragmentLength = r.u16();
  const authLength = r.u16();
  const callId = r.u32();
  if (fragmentLength < PDU_HEADER_LENGTH) {
    throw new WireFormatError(`DCE/RPC: a fragment of ${fragmentLength} bytes`);
  }
  if (authLength !== 0) throw new WireFormatError("DCE/RPC: unexpected authentication data");
  return { type, flags, fragmentLength, callId };
}

/** A whole PDU: `fixedLength` bytes behind the header are filled by `fill`, more go to the tail. */
function encodePdu(
  type: number,
  flags: number,
  callId: number,
  fixedLength: number,
  fill: (w: Writer) => void,
): Uint8Array {
  return encodeBytes(PDU_HEADER_LENGTH + fixedLength, (w) => {
    w.u8(5).u8(0); // rpc_vers, rpc_vers_minor
    w.u8(type); // PTYPE
    w.u8(flags); // pfc_flags
    w.u32(DATA_REPRESENTATION); // packed_drep
    w.u16(0); // frag_length: set below
    w.u16(0); // auth_length
    w.u32(callId); // call_id
    fill(w);
    w.setU16(8, w.length);
  });
}

/** An interface and its version: `4b324fc8-1670-01d3-1278-5a47bf6ee188`, 3.0. */
export interface SyntaxId {
  readonly uuid: string;
  readonly major: number;
  readonly minor: number;
}

/** NDR 2.0, the one transfer syntax that every server has ([MS-RPCE] 2.2.4.12 has NDR64 besides). */
export const NDR_TRANSFER_SYNTAX: SyntaxId = {
  uuid: "8a885d04-1ceb-11c9-9fe8-08002b104860",
  major: 2,
  minor: 0,
};

function writeSyntax(w: Writer, syntax: SyntaxId): void {
  w.raw(parseGuid(syntax.uuid)).u16(syntax.major).u16(syntax.minor);
}

function readSyntax(r: Reader): SyntaxId {
  return { uuid: formatGuid(r.raw(16)), major: r.u16(), minor: r.u16() };
}

/** C706 12.6.4.3: bind, with the one presentation context that we use. */
export interface BindPdu {
  readonly callId: number;
  readonly maxTransmit: number;
  readonly maxReceive: number;
  readonly abstractSyntax: SyntaxId;
}

export function encodeBind(m: BindPdu): Uint8Array {
  return encodePdu(PduType.BIND, PduFlags.FIRST | PduFlags.LAST, m.callId, 56, (w) => {
    w.u16(m.maxTransmit); // max_xmit_frag
    w.u16(m.maxReceive); // max_recv_frag
    w.u32(0); // assoc_group_id: a new one
    w.u8(1).zero(3); // n_context_elem, reserved
    w.u16(0); // p_cont_id
    w.u8(1).u8(0); // n_transfer_syn, reserved
    writeSyntax(w, m.abstractSyntax); // abstract_syntax
    writeSyntax(w, NDR_TRANSFER_SYNTAX); // transfer_syntaxes
  });
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeBind(pdu: Uint8Array): BindPdu {
  const { callId } = decodePduHeader(pdu);
  const r = new Reader(pdu, PDU_HEADER_LENGTH);
  const maxTransmit = r.u16();
  const maxReceive = r.u16();
  r.skip(12);
  return { callId, maxTransmit, maxReceive, abstractSyntax: readSyntax(r) };
}

/** C706 12.6.4.4: bind_ack, with the answer for our one context. */
export interface BindAckPdu {
  readonly callId: number;
  readonly maxTransmit: number;
  readonly maxReceive: number;
  /** `\PIPE\srvsvc`. */
  readonly secondaryAddress: string;
  /** 0 is acceptance. */
  readonly result: number;
  /** Why not, where `result` is 2: 1 for an unknown interface. */
  readonly reason: number;
}

/** @throws {WireFormatError} where the bytes end too early or there is no result */
export function decodeBindAck(pdu: Uint8Array): BindAckPdu {
  const { callId } = decodePduHeader(pdu);
  const r = new Reader(pdu, PDU_HEADER_LENGTH);
  const maxTransmit = r.u16();
  const maxReceive = r.u16();
  r.skip(4);
  const address = r.raw(r.u16());
  r.skip((4 - (r.pos % 4)) % 4);
  const count = r.u8();
  r.skip(3);
  if (count === 0) throw new WireFormatError("DCE/RPC: a bind_ack without a result");
  const result = r.u16();
  const reason = r.u16();
  r.skip(20);
  const secondaryAddress = String.fromCharCode(...address).replace(/\0.*$/s, "");
  return { callId, maxTransmit, maxReceive, secondaryAddress, result, reason };
}

export function encodeBindAck(m: BindAckPdu): Uint8Array {
  const address = Uint8Array.from(`${m.secondaryAddress}\0`, (c) => c.charCodeAt(0));
  const padding = (4 - ((PDU_HEADER_LENGTH + 10 + address.length) % 4)) % 4;
  const fixed = 10 + address.length + padding + 28;
  return encodePdu(PduType.BIND_ACK, PduFlags.FIRST | PduFlags.LAST, m.callId, fixed, (w) => {
    w.u16(m.maxTransmit); // max_xmit_frag
    w.u16(m.maxReceive); // max_recv_frag
    w.u32(1); // assoc_group_id
    w.u16(address.length).raw(address).zero(padding); // sec_addr
    w.u8(1).zero(3); // n_results, reserved
    w.u16(m.result).u16(m.reason); // result, reason
    writeSyntax(w, NDR_TRANSFER_SYNTAX); // transfer_syntax
  });
}

/**
 * C706 12.6.4.5: why a bind was refused.
 *
 * @throws {WireFormatError} where the bytes end too early
 */
export function decodeBindNak(pdu: Uint8Array): number {
  return new Reader(pdu, PDU_HEADER_LENGTH).u16();
}

export function encodeBindNak(callId: number, reason: number): Uint8Array {
  return encodePdu(PduType.BIND_NAK, PduFlags.FIRST | PduFlags.LAST, callId, 4, (w) => {
    w.u16(reason); // provider_reject_reason
    w.u8(0); // n_protocols
  });
}

/** C706 12.6.4.9: one fragment of a request. */
export interface RequestPdu {
  readonly callId: number;
  readonly flags: number;
  readonly opnum: number;
  /** How much stub follows from here on, over all fragments, in bytes. */
  readonly allocHint: number;
  readonly stub: Uint8Array;
}

export function encodeRequest(m: RequestPdu): Uint8Array {
  return encodePdu(PduType.REQUEST, m.flags, m.callId, 8, (w) => {
    w.u32(m.allocHint); // alloc_hint
    w.u16(0); // p_cont_id
    w.u16(m.opnum); // opnum
    w.append(m.stub);
  });
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeRequest(pdu: Uint8Array): RequestPdu {
  const { callId, flags } = decodePduHeader(pdu);
  const r = new Reader(pdu, PDU_HEADER_LENGTH);
  const allocHint = r.u32();
  r.skip(2);
  const opnum = r.u16();
  if ((flags & PduFlags.OBJECT_UUID) !== 0) r.skip(16);
  return { callId, flags, opnum, allocHint, stub: r.rest() };
}

/** C706 12.6.4.10: one fragment of a response. */
export interface ResponsePdu {
  readonly callId: number;
  readonly flags: number;
  readonly allocHint: number;
  readonly stub: Uint8Array;
}

export function encodeResponse(m: ResponsePdu): Uint8Array {
  return encodePdu(PduType.RESPONSE, m.flags, m.callId, 8, (w) => {
    w.u32(m.allocHint); // alloc_hint
    w.u16(0); // p_cont_id
    w.u8(0).u8(0); // cancel_count, reserved
    w.append(m.stub);
  });
}

/** @throws {WireFormatError} where the bytes end too early */
export function decodeResponse(pdu: Uint8Array): ResponsePdu {
  const { callId, flags } = decodePduHeader(pdu);
  const r = new Reader(pdu, PDU_HEADER_LENGTH);
  const allocHint = r.u32();
  r.skip(4);
  return { callId, flags, allocHint, stub: r.rest() };
}

/**
 * C706 12.6.4.7: the status of a fault.
 *
 * @throws {WireFormatError} where the bytes end too early
 */
export function decodeFault(pdu: Uint8Array): number {
  return new Reader(pdu, STUB_OFFSET).u32();
}

export function encodeFault(callId: number, status: number): Uint8Array {
  return encodePdu(PduType.FAULT, PduFlags.FIRST | PduFlags.LAST, callId, 16, (w) => {
    w.u32(0); // alloc_hint
    w.u16(0); // p_cont_id
    w.u8(0).u8(0); // cancel_count, reserved
    w.u32(status); // status
    w.u32(0); // reserved
  });
}
