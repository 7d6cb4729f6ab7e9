import { isIP } from "node:net";

/**
 * `name` as certificates spell it: a name without the dot at its end, an address without its zone.
 * Undefined where no certificate can have it: empty, with an empty label, blanks or control characters.
 */
export function certificateName(name: string): string | undefined {
  if (isIP(name) !== 0) return name.replace(/%.*$/, "");
  const spelled = name.replace(/\.$/, "");
  return WELL_FORMED.test(spelled) ? spelled : undefined;
}

const WELL_FORMED = /^[^\s\p{Cc}.]+(?:\.[^\s\p{Cc}.]+)*$/u;

/** Why QUIC cannot reach a server of such a name. */
export function noCertificateFor(name: string): string {
  return `QUIC checks the server's certificate against its name, and no certificate can have the name "${name}"`;
}
