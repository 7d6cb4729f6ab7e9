/** UTF-16LE without a terminator, as SMB2 and NTLM carry names. Lone surrogates survive both ways. */
export function encodeUtf16(text: string): Uint8Array {
  const bytes = Buffer.from(text, "utf16le");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The text of UTF-16LE bytes; an odd last byte is ignored. */
export function decodeUtf16(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf16le");
}
