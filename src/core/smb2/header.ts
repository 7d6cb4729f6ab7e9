import { WireFormatError } from "../errors.ts";
import { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { HeaderFlags } from "./constants.ts";

/** [MS-SMB2] 2.2.1: StructureSize of the header, and its length. */
export const HEADER_LENGTH = 64;
/** Where Signature lies in the header ([MS-SMB2] 2.2.1.1). */
export const SIGNATURE_OFFSET = 48;

/** 0xFE 'S' 'M' 'B', 0xFD 'S' 'M' 'B', 0xFC 'S' 'M' 'B' and 0xFF 'S' 'M' 'B', read little-endian. */
export const ProtocolId = {
  SMB2: 0x424d_53fe,
  TRANSFORM: 0x424d_53fd,
  COMPRESSION: 0x424d_53fc,
  SMB1: 0x424d_53ff,
} as const;

/** [MS-SMB2] 2.2.1.1 and 2.2.1.2: the header, synchronous or asynchronous. */
export interface Smb2Header {
  readonly creditCharge: number;
  /** Status in a response; ChannelSequence (low 16 bits) in an SMB 3.x request. */
  readonly status: number;
  readonly command: number;
  /** CreditRequest in a request, CreditResponse in a response. */
  readonly credits: number;
  readonly flags: number;
  readonly nextCommand: number;
  /** A number; -1 for 0xFFFFFFFFFFFFFFFF, the id of an unsolicited break. */
  readonly messageId: number;
  /** Only with ASYNC_COMMAND, else 0n. */
  readonly asyncId: bigint;
  /** Only without ASYNC_COMMAND, else 0. */
  readonly treeId: number;
  readonly sessionId: bigint;
}

/** Writes 64 bytes and makes them the origin of the offsets that follow. Signature is zero. */
export function encodeHeader(w: Writer, h: Smb2Header): void {
  w.begin(HEADER_LENGTH).setOrigin();
  w.u32(ProtocolId.SMB2);
  w.u16(HEADER_LENGTH); // StructureSize
  w.u16(h.creditCharge); // CreditCharge
  w.u32(h.status); // ChannelSequence, Reserved / Status
  w.u16(h.command); // Command
  w.u16(h.credits); // CreditRequest / CreditResponse
  w.u32(h.flags); // Flags
  w.u32(h.nextCommand); // NextCommand
  if (h.messageId === -1) w.u32(0xffff_ffff).u32(0xffff_ffff);
  else w.u64(h.messageId); // MessageId
  if ((h.flags & HeaderFlags.ASYNC_COMMAND) !== 0) w.big64(h.asyncId);
  else w.u32(0).u32(h.treeId); // Reserved (process id), TreeId
  w.big64(h.sessionId); // SessionId
  w.zero(16); // Signature
}

/**
 * Reads the header at the start of `message`.
 *
 * @throws {WireFormatError} where the bytes are not an SMB2 header
 */
export function decodeHeader(message: Uint8Array): Smb2Header {
  const r = new Reader(message);
  if (r.u32() !== ProtocolId.SMB2)
    throw new WireFormatError("Not an SMB2 message: wrong ProtocolId");
  const structureSize = r.u16();
  if (structureSize !== HEADER_LENGTH) {
    throw new WireFormatError(`SMB2 header: StructureSize is ${structureSize} instead of 64`);
  }
  const creditCharge = r.u16();
  const status = r.u32();
  const command = r.u16();
  const credits = r.u16();
  const flags = r.u32();
  const nextCommand = r.u32();
  const messageId = readMessageId(r);
  const isAsync = (flags & HeaderFlags.ASYNC_COMMAND) !== 0;
  const asyncId = isAsync ? r.big64() : 0n;
  if (!isAsync) r.skip(4);
  const treeId = isAsync ? 0 : r.u32();
  const sessionId = r.big64();
  r.skip(16);
  return {
    creditCharge,
    status,
    command,
    credits,
    flags,
    nextCommand,
    messageId,
    asyncId,
    treeId,
    sessionId,
  };
}

function readMessageId(r: Reader): number {
  const low = r.u32();
  const high = r.u32();
  if (low === 0xffff_ffff && high === 0xffff_ffff) return -1;
  if (high > 0x1f_ffff) throw new WireFormatError("SMB2 header: MessageId is out of range");
  return high * 0x1_0000_0000 + low;
}
