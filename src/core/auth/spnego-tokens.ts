import { WireFormatError } from "../errors.ts";
import { DerReader, DerTag, decodeOid, derContent, encodeDer, encodeOid } from "./der.ts";

/** The object identifier of SPNEGO (RFC 4178 1). */
const SPNEGO_OID = "1.3.6.1.5.5.2";

/** RFC 4178 4.2.2 negState. */
export const NegState = {
  ACCEPT_COMPLETED: 0,
  ACCEPT_INCOMPLETE: 1,
  REJECT: 2,
  REQUEST_MIC: 3,
} as const;
export type NegState = (typeof NegState)[keyof typeof NegState];

/** RFC 4178 4.2.1 NegTokenInit, and what we read of [MS-SPNG] 2.2.1 NegTokenInit2. */
export interface NegTokenInit {
  /** Object identifiers, dotted, the preferred one first. */
  readonly mechTypes: readonly string[];
  readonly mechToken?: Uint8Array;
}

/** RFC 4178 4.2.2. */
export interface NegTokenResp {
  readonly negState?: number;
  readonly supportedMech?: string;
  readonly responseToken?: Uint8Array;
  readonly mechListMic?: Uint8Array;
}

/** The DER of a MechTypeList: what mechListMIC is computed over (RFC 4178 5). */
export function encodeMechTypes(mechTypes: readonly string[]): Uint8Array {
  return encodeDer(DerTag.SEQUENCE, ...mechTypes.map(encodeOid));
}

export function encodeNegTokenInit(token: NegTokenInit): Uint8Array {
  const fields = [encodeDer(DerTag.context(0), encodeMechTypes(token.mechTypes))];
  if (token.mechToken !== undefined) fields.push(octets(2, token.mechToken));
  const inner = encodeDer(DerTag.context(0), encodeDer(DerTag.SEQUENCE, ...fields));
  return encodeDer(DerTag.application(0), encodeOid(SPNEGO_OID), inner);
}

/**
 * Reads a NegTokenInit or NegTokenInit2, whose hints are of no use to anyone.
 *
 * @throws {WireFormatError} where the bytes are neither
 */
export function decodeNegTokenInit(bytes: Uint8Array): NegTokenInit {
  const outer = new DerReader(derContent(bytes, DerTag.application(0)));
  if (decodeOid(outer.expect(DerTag.OBJECT_IDENTIFIER)) !== SPNEGO_OID) {
    throw new WireFormatError("SPNEGO: another mechanism's token");
  }
  const choice = outer.expect(DerTag.context(0));
  if (!outer.isAtEnd) throw new WireFormatError("SPNEGO: bytes after the token");
  let mechTypes: string[] = [];
  let mechToken: Uint8Array | undefined;
  for (const [tag, content] of fieldsOf(choice)) {
    if (tag === DerTag.context(0)) mechTypes = decodeMechTypes(content);
    else if (tag === DerTag.context(2)) mechToken = derContent(content, DerTag.OCTET_STRING);
  }
  return mechToken === undefined ? { mechTypes } : { mechTypes, mechToken };
}

export function encodeNegTokenResp(token: NegTokenResp): Uint8Array {
  const { negState, supportedMech, responseToken, mechListMic } = token;
  const fields: Uint8Array[] = [];
  if (negState !== undefined) {
    const state = encodeDer(DerTag.ENUMERATED, Uint8Array.of(negState));
    fields.push(encodeDer(DerTag.context(0), state));
  }
  if (supportedMech !== undefined) {
    fields.push(encodeDer(DerTag.context(1), encodeOid(supportedMech)));
  }
  if (responseToken !== undefined) fields.push(octets(2, responseToken));
  if (mechListMic !== undefined) fields.push(octets(3, mechListMic));
  return encodeDer(DerTag.context(1), encodeDer(DerTag.SEQUENCE, ...fields));
}

/** @throws {WireFormatError} where the bytes are not a NegTokenResp */
export function decodeNegTokenResp(bytes: Uint8Array): NegTokenResp {
  const token: { -readonly [K in keyof NegTokenResp]: NegTokenResp[K] } = {};
  for (const [tag, content] of fieldsOf(derContent(bytes, DerTag.context(1)))) {
    if (tag === DerTag.context(0)) token.negState = decodeState(content);
    else if (tag === DerTag.context(1)) {
      token.supportedMech = decodeOid(derContent(content, DerTag.OBJECT_IDENTIFIER));
    } else if (tag === DerTag.context(2)) {
      token.responseToken = derContent(content, DerTag.OCTET_STRING);
    } else if (tag === DerTag.context(3)) {
      token.mechListMic = derContent(content, DerTag.OCTET_STRING);
    }
  }
  return token;
}

function octets(field: number, bytes: Uint8Array): Uint8Array {
  return encodeDer(DerTag.context(field), encodeDer(DerTag.OCTET_STRING, bytes));
}

/** The tagged fields of a SEQUENCE; later versions may have more of them. */
function* fieldsOf(bytes: Uint8Array): Generator<readonly [tag: number, content: Uint8Array]> {
  const reader = new DerReader(derContent(bytes, DerTag.SEQUENCE));
  while (!reader.isAtEnd) {
    const { tag, content } = reader.next();
    yield [tag, content];
  }
}

function decodeMechTypes(bytes: Uint8Array): string[] {
  const reader = new DerReader(derContent(bytes, DerTag.SEQUENCE));
  const mechTypes: string[] = [];
  while (!reader.isAtEnd) mechTypes.push(decodeOid(reader.expect(DerTag.OBJECT_IDENTIFIER)));
  return mechTypes;
}

function decodeState(bytes: Uint8Array): number {
  const [state, ...more] = derContent(bytes, DerTag.ENUMERATED);
  if (state === undefined || state > NegState.REQUEST_MIC || more.length > 0) {
    throw new WireFormatError("SPNEGO: a negState that is not defined");
  }
  return state;
}
