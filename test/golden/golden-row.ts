import type { BodyCodec } from "../../src/core/smb2/codec.ts";

/** One message: what it says and the bytes behind its SMB2 header, StructureSize and all. */
export interface GoldenRow {
  readonly codec: BodyCodec<unknown>;
  /** What the row shows, and where its bytes are from. */
  readonly title: string;
  readonly value: unknown;
  readonly bytes: Uint8Array;
  /** How many bytes at the end may be lost unnoticed, and why no decoder could notice. */
  readonly slack?: { readonly bytes: number; readonly why: string };
  /** Why our encoder writes this message in another form that means the same. */
  readonly decodeOnly?: string;
}

type RowOptions = Pick<GoldenRow, "slack" | "decodeOnly">;

/** A row whose value is checked against its codec's message type. */
export function row<M>(
  codec: BodyCodec<M>,
  title: string,
  value: M,
  hex: string,
  options: RowOptions = {},
): GoldenRow {
  return { codec: codec as BodyCodec<unknown>, title, value, bytes: fromHex(hex), ...options };
}

/** The bytes of hexadecimal digits; white space and what follows a # on its line are ignored. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/#.*$/gm, "").replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`not hexadecimal: ${digits}`);
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

/** The one byte that stands for an absent variable part ([MS-SMB2] 2.2, odd StructureSize). */
export const PLACEHOLDER: RowOptions = {
  slack: { bytes: 1, why: "the last byte only stands for the variable part, which is empty" },
};

/** 16 bytes of one value, as a FileId or key. */
export function sixteen(value: number): Uint8Array {
  return new Uint8Array(16).fill(value);
}
