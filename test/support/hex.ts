/** Bytes from hexadecimal digits; blanks are ignored. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new Error(`Not hexadecimal: ${digits}`);
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

/** Hexadecimal digits in lower case, for readable assertions. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
