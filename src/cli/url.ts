import { isIPv6 } from "node:net";
import { UsageError } from "./usage-error.ts";

/** A place on a server, as a URL or UNC path names it. */
export interface RemoteLocation {
  /** A name or an address, IPv6 without its brackets. */
  readonly host: string;
  readonly port?: number;
  /** "" where the text names a server only. */
  readonly share: string;
  /** Backslash-separated, "" for the root of the share; may hold wildcards. */
  readonly path: string;
  /** The text ended with a separator: a directory is meant. */
  readonly hasTrailingSeparator: boolean;
  readonly user?: string;
  readonly domain?: string;
  readonly password?: string;
}

/** Whether `text` looks like a remote place at all: `smb://…`, `//…` or `\\…`. */
export function isRemoteLocation(text: string): boolean {
  return /^(?:smb:|cifs:)?[\\/]{2}/i.test(text);
}

/**
 * Reads `smb://[DOMAIN;][USER[:PASSWORD]@]SERVER[:PORT][/SHARE[/PATH]]`, where `%XX` stands for any
 * byte of UTF-8, or `//SERVER[:PORT][/SHARE[/PATH]]` with either slash, taken as it is.
 *
 * @throws {UsageError} saying which part makes no sense; a password is never part of it
 */
export function parseLocation(text: string): RemoteLocation {
  const scheme = /^([a-z][a-z0-9+.-]*):[\\/]{2}/i.exec(text);
  const name = scheme?.[1]?.toLowerCase();
  if (name !== undefined && name !== "smb" && name !== "cifs") {
    throw new UsageError(`only smb:// is understood, not ${name}://`);
  }
  if (!isRemoteLocation(text)) {
    throw new UsageError(
      `${withoutPassword(text)}: expected smb://SERVER/SHARE/PATH or //SERVER/SHARE/PATH`,
    );
  }
  const isUrl = scheme !== null;
  const rest = text.slice(isUrl ? scheme[0].length : 2);
  // A password may hold a slash only as %2F, so the first one ends the authority.
  const end = rest.search(/[\\/]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const at = isUrl ? authority.lastIndexOf("@") : -1;
  const tail = end < 0 ? "" : rest.slice(end);
  if (
    isUrl &&
    at < 0 &&
    /:.*\D/.test(authority) &&
    !authority.startsWith("[") &&
    tail.includes("@")
  ) {
    throw new UsageError("in a password a / is written %2F and an @ is written %40");
  }
  return {
    ...parseUserInfo(at < 0 ? "" : authority.slice(0, at)),
    ...parseAuthority(authority.slice(at + 1), isUrl),
    ...parsePath(tail, isUrl),
  };
}

/**
 * A place as typed, without the password in it: for messages. Where a slash or an `@` in a password
 * was not written as %2F or %40, all of it up to the last `@` goes.
 */
export function withoutPassword(text: string): string {
  return text.replace(PASSWORD, "$1@");
}

// Digits alone behind the first name are a port.
const PASSWORD =
  /^((?:[a-z][a-z0-9+.-]*:(?=[\\/]))?[\\/]*[^:@\\/]*):(?![\\/]{2}|\d+(?:[\\/]|$))(?:[^\\/]*@|.*@)/i;

function parseUserInfo(text: string): Pick<RemoteLocation, "user" | "domain" | "password"> {
  if (text === "") return {};
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  const semicolon = name.indexOf(";");
  const user = decode(name.slice(semicolon + 1), "user name");
  return {
    user,
    ...(semicolon < 0 ? {} : { domain: decode(name.slice(0, semicolon), "domain") }),
    ...(colon < 0 ? {} : { password: decode(text.slice(colon + 1), "password", false) }),
  };
}

/** Reads `SERVER[:PORT]`. */
function parseAuthority(text: string, isUrl: boolean): Pick<RemoteLocation, "host" | "port"> {
  if (text === "") throw new UsageError("the server's name is missing");
  const [rawHost, portText] = splitAuthority(text, isUrl);
  const host = isUrl ? decode(rawHost, "server") : rawHost;
  checkAddress(text, host, isUrl);
  if (host === "" || /[\s\0@[\]]/.test(host)) {
    const hint = text.includes("@") ? " (a user goes into smb://USER@SERVER/… or -U)" : "";
    throw new UsageError(`${text}: no server${hint}`);
  }
  if (portText === undefined) return { host };
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65535) throw new UsageError(`${text}: ${portText} is no port`);
  return { host, port };
}

/** What has colons and is no port's must be an IPv6 address, in a URL in brackets. */
function checkAddress(text: string, host: string, isUrl: boolean): void {
  if (isUrl && isIPv6(text)) {
    throw new UsageError(`${text}: an IPv6 address stands in brackets in a URL: smb://[${text}]/…`);
  }
  const isMeant = host.includes(":") || text.startsWith("[");
  if (!isMeant || isIPv6(host)) return;
  throw new UsageError(
    `${text}: no IPv6 address; write it in brackets before a port, as in //[2001:db8::1]:445/SHARE`,
  );
}

/** Without brackets the last colon of an IPv6 address is no port's. */
function splitAuthority(text: string, isUrl: boolean): readonly [host: string, port?: string] {
  const bracketed = /^\[([^\]]+)\](?::(.*))?$/.exec(text);
  if (bracketed === null && !isUrl && text.split(":").length > 2) return [text];
  const [, host = "", port] = bracketed ?? /^([^:]*)(?::(.*))?$/.exec(text) ?? [];
  return port === undefined ? [host] : [host, port];
}

function parsePath(
  text: string,
  isUrl: boolean,
): Pick<RemoteLocation, "share" | "path" | "hasTrailingSeparator"> {
  const words = text.split(/[\\/]/).filter((word) => word !== "");
  const decoded = isUrl ? words.map((word) => decode(word, "path")) : words;
  const wrong = decoded.find((word) => /[\\/\0]/.test(word));
  if (wrong !== undefined) throw new UsageError("a name in the path holds a separator");
  const [share = "", ...names] = decoded;
  if (share === "." || share === "..") throw new UsageError(`${share} is no share`);
  const path: string[] = [];
  for (const name of names) {
    if (name === "..") path.pop();
    else if (name !== ".") path.push(name);
  }
  return { share, path: path.join("\\"), hasTrailingSeparator: /[\\/]$/.test(text) };
}

function decode(text: string, what: string, isShown = true): string {
  try {
    return decodeURIComponent(text);
  } catch {
    const shown = isShown ? `: ${text}` : "";
    throw new UsageError(`the ${what} has a % that is no escape (write %25)${shown}`);
  }
}

/**
 * Reads a service as smbclient does: `//SERVER/SHARE` with either slash, the share being everything
 * behind the server. Undefined where there are too few separators.
 */
export function parseService(text: string): RemoteLocation | undefined {
  const unc = text.replaceAll("/", "\\");
  if (unc.split("\\").length - 1 < 3) return undefined;
  const [, host = "", share = ""] = /^\\\\([^\\]*)\\(.*)$/.exec(unc) ?? [];
  if (host === "") return undefined;
  return { host, share, path: "", hasTrailingSeparator: false };
}
