import { fromHex } from "./golden-row.ts";

/** One structure that is not an SMB2 message: what it says, and its bytes. */
export interface StructureRow {
  /** The structure, and what the row shows or where its bytes are from. */
  readonly title: string;
  readonly value: unknown;
  readonly bytes: Uint8Array;
  readonly decode: (bytes: Uint8Array) => unknown;
  /** Absent where only servers send it. */
  readonly encode?: (value: never) => Uint8Array;
  /** Shorter ones are refused; by default, everything shorter than `bytes`. */
  readonly refusedBelow: number;
  /** No bytes at all are an empty list. */
  readonly isList: boolean;
}

interface Options<M> {
  readonly decode: (bytes: Uint8Array) => M;
  readonly encode?: (value: M) => Uint8Array;
  /** Fewer bytes than these are refused; the rest may be lost, for the reason in the title. */
  readonly refusedBelow?: number;
  readonly isList?: boolean;
}

/** A row whose value is checked against its codec's type. */
export function structure<M>(title: string, of: Options<M>, value: M, hex: string): StructureRow {
  const bytes = fromHex(hex);
  const { decode, encode, refusedBelow = bytes.length, isList = false } = of;
  return { title, value, bytes, decode, ...(encode && { encode }), refusedBelow, isList };
}
