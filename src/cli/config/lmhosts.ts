import { readFileSync } from "node:fs";

const LMHOSTS_PATH = "/etc/samba/lmhosts";

/** The address that lmhosts has for a NetBIOS name, if there is such a file and it has one. */
export function lookUpLmhosts(name: string, path: string = LMHOSTS_PATH): string | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  return findInLmhosts(text, name);
}

/**
 * Finds a name in the text of an lmhosts file: lines of an address and a name, which may end with a
 * name type (`#20` is a file server; without one every type matches).
 */
export function findInLmhosts(text: string, name: string): string | undefined {
  for (const line of text.split(/\r?\n/)) {
    const [, address, host, type] =
      /^\s*([0-9A-Fa-f.:]+)\s+([^\s#]+)(?:#([0-9A-Fa-f]{1,2}))?(?:\s|$)/.exec(line) ?? [];
    if (address === undefined || host === undefined) continue;
    const isServer = type === undefined || Number.parseInt(type, 16) === 0x20;
    if (isServer && host.toUpperCase() === name.toUpperCase()) return address;
  }
  return undefined;
}
