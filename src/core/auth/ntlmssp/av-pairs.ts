import { WireFormatError } from "../../errors.ts";
import { Reader } from "../../wire/reader.ts";

/** [MS-NLMP] 2.2.2.1 AvId. */
export const AvId = {
  EOL: 0,
  NB_COMPUTER_NAME: 1,
  NB_DOMAIN_NAME: 2,
  DNS_COMPUTER_NAME: 3,
  DNS_DOMAIN_NAME: 4,
  DNS_TREE_NAME: 5,
  FLAGS: 6,
  TIMESTAMP: 7,
  SINGLE_HOST: 8,
  TARGET_NAME: 9,
  CHANNEL_BINDINGS: 10,
} as const;

/** The bit of MsvAvFlags that says that the AUTHENTICATE message carries a MIC. */
export const AV_FLAG_MIC = 0x0000_0002;

/** [MS-NLMP] 2.2.2.1 AV_PAIR. Values are views; unknown ids are kept. */
export interface AvPair {
  readonly id: number;
  readonly value: Uint8Array;
}

/**
 * Reads the pairs up to MsvAvEOL, which is not returned. Small servers leave it out, or all of the
 * pairs: then the bytes end the list.
 *
 * @throws {WireFormatError} where a pair does not fit
 */
export function decodeAvPairs(bytes: Uint8Array): AvPair[] {
  const r = new Reader(bytes);
  const pairs: AvPair[] = [];
  while (r.remaining > 0) {
    const id = r.u16();
    const length = r.u16();
    if (id === AvId.EOL) break;
    pairs.push({ id, value: r.raw(length) });
  }
  return pairs;
}

/** Encodes the pairs and appends MsvAvEOL. */
export function encodeAvPairs(pairs: readonly AvPair[]): Uint8Array {
  const length = pairs.reduce((sum, pair) => sum + 4 + pair.value.length, 4);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { id, value } of pairs) {
    view.setUint16(at, id, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + 4);
    at += 4 + value.length;
  }
  return bytes;
}

/** The value of the first pair with this id. */
export function findAvPair(pairs: readonly AvPair[], id: number): Uint8Array | undefined {
  return pairs.find((pair) => pair.id === id)?.value;
}

/** MsvAvTimestamp as a FILETIME, where the server sent one. */
export function avTimestamp(pairs: readonly AvPair[]): bigint | undefined {
  const value = findAvPair(pairs, AvId.TIMESTAMP);
  if (value === undefined) return undefined;
  if (value.length !== 8) throw new WireFormatError("NTLM: MsvAvTimestamp is not 8 bytes long");
  return new Reader(value).big64();
}

/** MsvAvFlags, 0 where there are none. */
export function avFlags(pairs: readonly AvPair[]): number {
  const value = findAvPair(pairs, AvId.FLAGS);
  if (value === undefined) return 0;
  if (value.length !== 4) throw new WireFormatError("NTLM: MsvAvFlags is not 4 bytes long");
  return new Reader(value).u32();
}
