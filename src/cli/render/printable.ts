/**
 * Text that came from a server, made safe for a terminal: control characters (C0, DEL, C1), the
 * bidirectional overrides and lone surrogates become visible escapes such as `\x1b` and `\u202e`.
 * Everything else, a backslash included, stays as it is; clean text is returned unchanged.
 */
export function printable(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escaped) : text;
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
