import { isIP } from "node:net";

/** Letters of a NetBIOS name; the sixteenth byte says what kind of thing it names. */
const NAME_LENGTH = 15;

/** What a name stands for: the sixteenth byte. */
export const NameSuffix = { WORKSTATION: 0x00, FILE_SERVER: 0x20 } as const;

/** The name under which every SMB server answers, whatever it is called. */
export const ANY_SERVER = "*SMBSERVER";

/**
 * A name in first-level encoding (RFC 1001 14.1) with an empty scope, as session requests carry it:
 * a length, two letters for each of the sixteen bytes, and a zero. Longer names are cut; letters
 * beyond Latin-1 become underscores.
 */
export function encodeNetbiosName(name: string, suffix: number): Uint8Array {
  const padded = name.toUpperCase().slice(0, NAME_LENGTH).padEnd(NAME_LENGTH, " ");
  const bytes = [...padded].map((letter) => {
    const code = letter.charCodeAt(0);
    return code > 0xff ? 0x5f : code;
  });
  const halves = [...bytes.slice(0, NAME_LENGTH), suffix].flatMap((byte) => [
    0x41 + (byte >> 4),
    0x41 + (byte & 0x0f),
  ]);
  return Uint8Array.of(halves.length, ...halves, 0);
}

/** The names to call a server by, in turn: the one that all answer to, then its own. */
export function calledNames(host: string): string[] {
  if (isIP(host) !== 0) return [ANY_SERVER];
  return [ANY_SERVER, firstLabel(host)];
}

/** The part of a host name that is its NetBIOS name. */
export function firstLabel(host: string): string {
  return (host.split(".")[0] ?? host).toUpperCase().slice(0, NAME_LENGTH);
}
