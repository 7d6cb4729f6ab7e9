import { WireFormatError } from "../errors.ts";

/** The order of a GUID's bytes in its text form ([MS-DTYP] 2.3.4). */
const TEXT_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

/** `00112233-4455-6677-8899-aabbccddeeff` of 16 packet bytes. */
export function formatGuid(bytes: Uint8Array): string {
  const hex = TEXT_ORDER.map((at) => (bytes[at] ?? 0).toString(16).padStart(2, "0")).join("");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}

/**
 * The 16 packet bytes of a GUID's text, with or without braces.
 *
 * @throws {WireFormatError} where the text is not a GUID
 */
export function parseGuid(text: string): Uint8Array {
  const hex = text.replace(/[{}-]/g, "");
  if (!/^[0-9a-fA-F]{32}$/.test(hex)) throw new WireFormatError(`Not a GUID: ${text}`);
  const bytes = new Uint8Array(16);
  TEXT_ORDER.forEach((at, index) => {
    bytes[at] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  });
  return bytes;
}
