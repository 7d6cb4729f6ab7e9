/**
 * Text that came from a server, made safe for a terminal: control characters (C0, DEL, C1), the
 * bidirectional overrides and lone surrogates become visible escapes such as `\x1b` and `\u202e`.
 * Everything else, a backslash included, stays as it is; clean text is returned unchanged.
 */
export function printable(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escaped) : text;
}

/**
 * One line of JSON for `value`. Characters that a terminal might obey, and that JSON itself would let
 * pass, are written as escapes: for those who read it as JSON nothing changes.
 */
export function jsonLine(value: object): string {
  const unit = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `${JSON.stringify(value).replace(UNSAFE_ALL, unit)}\n`;
}

// Cc; the marks and overrides that reorder a line (Bidi_Control); line and paragraph separator;
// surrogates without their other half.
const UNSAFE = /[\p{Cc}\p{Bidi_Control}\u2028\u2029\p{Cs}]/u;
const UNSAFE_ALL = new RegExp(UNSAFE.source, "gu");

function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}
