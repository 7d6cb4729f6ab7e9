/** A whole number as C's strtol reads it: decimal, 0x and a leading 0; undefined for anything else. */
export function parseWholeNumber(text: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  return /^\d+$/.test(text) ? Number.parseInt(text, 10) : undefined;
}
