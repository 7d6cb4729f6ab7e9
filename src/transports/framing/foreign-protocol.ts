/** What the first bytes of other protocols' servers look like. */
const SIGNATURES: readonly (readonly [name: string, matches: RegExp])[] = [
  ["HTTP", /^HTTP/],
  ["SSH", /^SSH-/],
  ["FTP or mail", /^(?:220|[45]\d\d)[ -]/],
  ["POP3", /^\+OK/],
  ["IMAP", /^\* OK/],
];

/**
 * A question that helps a person who named the wrong port, or undefined where the first bytes of a
 * peer resemble nothing known.
 */
export function guessForeignProtocol(firstBytes: Uint8Array): string | undefined {
  const text = Buffer.from(firstBytes.subarray(0, 8)).toString("latin1");
  const name = isTls(firstBytes)
    ? "TLS"
    : SIGNATURES.find(([, matches]) => matches.test(text))?.[0];
  if (name !== undefined) return `the peer's first bytes look like ${name}: is this an SMB port?`;
  return /^[\x20-\x7e\r\n\t]{4}/.test(text)
    ? "the peer's first bytes are text: is this an SMB port?"
    : undefined;
}

/** A handshake or alert record of any TLS version. */
function isTls([type = 0, major = 0, minor = 0]: Uint8Array): boolean {
  return (type === 0x15 || type === 0x16) && major === 3 && minor <= 4;
}
