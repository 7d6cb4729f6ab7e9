import { WireFormatError } from "../errors.ts";
import type { Reader } from "./reader.ts";

/** The most sub-authorities a SID may have ([MS-DTYP] 2.4.2.2). */
const MAX_SUB_AUTHORITIES = 15;

/**
 * Reads a SID ([MS-DTYP] 2.4.2.2) and returns its text, `S-1-5-21-…` ([MS-DTYP] 2.4.2.1).
 *
 * @throws {WireFormatError} where the bytes end too early or the revision is not 1
 */
export function readSid(r: Reader): string {
  const revision = r.u8();
  const count = r.u8();
  if (revision !== 1 || count > MAX_SUB_AUTHORITIES) {
    throw new WireFormatError(`Not a SID: revision ${revision}, ${count} sub-authorities`);
  }
  const authority = r.raw(6).reduce((value, byte) => value * 256 + byte, 0);
  // From 2^32 on the authority is written in hexadecimal, all twelve digits of it.
  const isShort = authority < 0x1_0000_0000;
  let text = `S-1-${isShort ? authority : `0x${authority.toString(16).toUpperCase().padStart(12, "0")}`}`;
  for (let index = 0; index < count; index += 1) text += `-${r.u32()}`;
  return text;
}

const SID_TEXT = /^S-1-(\d{1,10}|0x[0-9a-f]{12})((?:-\d{1,10})*)$/i;

/**
 * The packet bytes of a SID's text.
 *
 * @throws {WireFormatError} where the text is not a SID
 */
export function parseSid(text: string): Uint8Array {
  const [, authorityText = "", rest = ""] = SID_TEXT.exec(text) ?? [];
  const authority = Number(authorityText);
  const parts = rest.split("-").slice(1).map(Number);
  const isSid =
    authorityText !== "" &&
    parts.length <= MAX_SUB_AUTHORITIES &&
    parts.every((part) => part <= 0xffff_ffff);
  if (!isSid) throw new WireFormatError(`Not a SID: ${text}`);
  const bytes = new Uint8Array(8 + 4 * parts.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setUint8(1, parts.length);
  view.setUint16(2, Math.floor(authority / 0x1_0000_0000));
  view.setUint32(4, authority >>> 0);
  parts.forEach((part, index) => {
    view.setUint32(8 + 4 * index, part, true);
  });
  return bytes;
}
