import { WireFormatError } from "../../errors.ts";
import { Reader } from "../../wire/reader.ts";
import { decodeUtf16, encodeUtf16 } from "../../wire/utf16.ts";
import { encodeBytes, type Writer } from "../../wire/writer.ts";

/** [MS-NLMP] 2.2.2.5 NEGOTIATE: those that we send, demand or act on. */
export const NegotiateFlags = {
  UNICODE: 0x0000_0001,
  REQUEST_TARGET: 0x0000_0004,
  SIGN: 0x0000_0010,
  SEAL: 0x0000_0020,
  NTLM: 0x0000_0200,
  ANONYMOUS: 0x0000_0800,
  ALWAYS_SIGN: 0x0000_8000,
  EXTENDED_SESSIONSECURITY: 0x0008_0000,
  TARGET_INFO: 0x0080_0000,
  VERSION: 0x0200_0000,
  KEY_128: 0x2000_0000,
  KEY_EXCH: 0x4000_0000,
} as const;

/** "NTLMSSP" and a NUL: the start of every message. */
export const NTLMSSP_SIGNATURE: Uint8Array = Uint8Array.from("NTLMSSP\0", (c) => c.charCodeAt(0));

const MessageType = { NEGOTIATE: 1, CHALLENGE: 2, AUTHENTICATE: 3 } as const;

const SERVER_CHALLENGE_LENGTH = 8;
const VERSION_LENGTH = 8;
const MIC_LENGTH = 16;

/** Where MIC lies in an AUTHENTICATE message that has one ([MS-NLMP] 2.2.1.3). */
export const MIC_OFFSET = 72;

/** [MS-NLMP] 2.2.1.1, without names: a domain and a workstation are never supplied here. */
export interface NegotiateMessage {
  readonly flags: number;
  /** [MS-NLMP] 2.2.2.10, 8 bytes. */
  readonly version: Uint8Array;
}

/** [MS-NLMP] 2.2.1.2. */
export interface ChallengeMessage {
  readonly flags: number;
  readonly serverChallenge: Uint8Array;
  readonly targetName: string;
  /** The AV pairs, undecoded; empty without TARGET_INFO. */
  readonly targetInfo: Uint8Array;
  readonly version: Uint8Array;
}

/** [MS-NLMP] 2.2.1.3. */
export interface AuthenticateMessage {
  readonly flags: number;
  readonly lmResponse: Uint8Array;
  readonly ntResponse: Uint8Array;
  readonly domain: string;
  readonly user: string;
  readonly workstation: string;
  readonly encryptedSessionKey: Uint8Array;
  readonly version: Uint8Array;
  /** Absent from messages without the field, as those of systems before Windows XP. */
  readonly mic?: Uint8Array;
}

export function encodeNegotiateMessage(m: NegotiateMessage): Uint8Array {
  return encodeBytes(40, (w) => {
    beginMessage(w, MessageType.NEGOTIATE);
    w.u32(m.flags); // NegotiateFlags
    w.zero(8); // DomainNameFields
    w.zero(8); // WorkstationFields
    w.raw(m.version); // Version
  });
}

/** @throws {WireFormatError} where the bytes are not a NEGOTIATE message */
export function decodeNegotiateMessage(bytes: Uint8Array): NegotiateMessage {
  const r = openMessage(bytes, MessageType.NEGOTIATE);
  const flags = r.u32();
  r.skip(16);
  return { flags, version: readVersion(r, flags) };
}

export function encodeChallengeMessage(m: ChallengeMessage): Uint8Array {
  return encodeBytes(56, (w) => {
    beginMessage(w, MessageType.CHALLENGE);
    writeField(w, encodeUtf16(m.targetName)); // TargetNameFields
    w.u32(m.flags); // NegotiateFlags
    w.raw(m.serverChallenge); // ServerChallenge
    w.zero(8); // Reserved
    writeField(w, m.targetInfo); // TargetInfoFields
    w.raw(m.version); // Version
  });
}

/** @throws {WireFormatError} where the bytes are not a CHALLENGE message */
export function decodeChallengeMessage(bytes: Uint8Array): ChallengeMessage {
  const r = openMessage(bytes, MessageType.CHALLENGE);
  const targetName = readField(r);
  const flags = r.u32();
  const serverChallenge = r.raw(SERVER_CHALLENGE_LENGTH);
  const hasTargetInfo = (flags & NegotiateFlags.TARGET_INFO) !== 0;
  if (hasTargetInfo) r.skip(8); // older servers end here, where there is no TargetInfo
  const targetInfo = hasTargetInfo ? readField(r) : new Uint8Array(0);
  // Some small servers set the flag and leave the field out.
  const hasVersion = hasTargetInfo && r.remaining >= VERSION_LENGTH;
  const version = hasVersion ? readVersion(r, flags) : new Uint8Array(VERSION_LENGTH);
  return { flags, serverChallenge, targetName: decodeUtf16(targetName), targetInfo, version };
}

/** @throws {RangeError} where a name is longer than a field can hold */
export function encodeAuthenticateMessage(m: AuthenticateMessage): Uint8Array {
  return encodeBytes(m.mic === undefined ? MIC_OFFSET : MIC_OFFSET + MIC_LENGTH, (w) => {
    beginMessage(w, MessageType.AUTHENTICATE);
    // The payload comes in the order that Windows writes it in: names first.
    const payload = [
      encodeUtf16(m.domain),
      encodeUtf16(m.user),
      encodeUtf16(m.workstation),
      m.lmResponse,
      m.ntResponse,
      m.encryptedSessionKey,
    ] as const;
    const offsets = payload.map((value) => {
      const offset = w.tailOffset;
      w.append(value);
      return offset;
    });
    // LmChallengeResponse, NtChallengeResponse, DomainName, UserName, Workstation,
    // EncryptedRandomSessionKey
    for (const index of [3, 4, 0, 1, 2, 5] as const) {
      writeFieldAt(w, payload[index].length, offsets[index] ?? 0);
    }
    w.u32(m.flags); // NegotiateFlags
    w.raw(m.version); // Version
    if (m.mic !== undefined) w.raw(m.mic); // MIC
  });
}

/** @throws {WireFormatError} where the bytes are not an AUTHENTICATE message */
export function decodeAuthenticateMessage(bytes: Uint8Array): AuthenticateMessage {
  const r = openMessage(bytes, MessageType.AUTHENTICATE);
  const firstOffset = Math.min(
    ...[16, 24, 32, 40, 48, 56].map((at) => new Reader(bytes, at).u32()),
  );
  const lmResponse = readField(r);
  const ntResponse = readField(r);
  const domain = decodeUtf16(readField(r));
  const user = decodeUtf16(readField(r));
  const workstation = decodeUtf16(readField(r));
  const encryptedSessionKey = readField(r);
  const flags = r.u32();
  const version = r.raw(VERSION_LENGTH);
  const names = { domain, user, workstation };
  const rest = { flags, lmResponse, ntResponse, encryptedSessionKey, version, ...names };
  // Nothing tells whether the field is there but the place where the payload starts.
  return firstOffset < MIC_OFFSET + MIC_LENGTH ? rest : { ...rest, mic: r.raw(MIC_LENGTH) };
}

function beginMessage(w: Writer, type: number): void {
  w.raw(NTLMSSP_SIGNATURE); // Signature
  w.u32(type); // MessageType
}

function openMessage(bytes: Uint8Array, type: number): Reader {
  const r = new Reader(bytes);
  const signature = r.raw(NTLMSSP_SIGNATURE.length);
  if (signature.some((byte, index) => byte !== NTLMSSP_SIGNATURE[index])) {
    throw new WireFormatError("NTLM: the signature is missing");
  }
  const found = r.u32();
  if (found !== type) throw new WireFormatError(`NTLM: message ${found} instead of ${type}`);
  return r;
}

/** Len, MaxLen, BufferOffset; the bytes go to the tail. */
function writeField(w: Writer, value: Uint8Array): void {
  writeFieldAt(w, value.length, w.tailOffset);
  w.append(value);
}

function writeFieldAt(w: Writer, length: number, offset: number): void {
  if (length > 0xffff) throw new RangeError(`NTLM: a field of ${length} bytes is too long`);
  w.u16(length).u16(length).u32(offset);
}

function readField(r: Reader): Uint8Array {
  const length = r.u16();
  r.skip(2); // MaxLen
  return r.slice(r.u32(), length);
}

function readVersion(r: Reader, flags: number): Uint8Array {
  if ((flags & NegotiateFlags.VERSION) === 0) return new Uint8Array(VERSION_LENGTH);
  return r.raw(VERSION_LENGTH);
}
