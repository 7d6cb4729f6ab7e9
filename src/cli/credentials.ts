import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import type { Credentials } from "../core/index.ts";
import { systemReason } from "./commands/system-reason.ts";
import { type AuthFile, parseAuthFile } from "./config/auth-file.ts";
import { type Environment, environmentCredentials } from "./config/environment.ts";
import { StatedFailure } from "./failure.ts";
import type { Options } from "./option-values.ts";
import type { Personality } from "./personality.ts";
import { printable } from "./render/printable.ts";
import { quoteWord } from "./shell/tokenizer.ts";
import { UsageError } from "./usage-error.ts";

/** Who we say we are, before a password has been asked for. */
export interface Identity {
  readonly username: string;
  readonly domain: string;
  readonly password?: string;
  readonly isNtHash: boolean;
  /** Somebody chose the name: on the command line, in a URL or in a file. */
  readonly isChosen: boolean;
  readonly noPassword: boolean;
  readonly guest: boolean;
}

/** A user as `-U`, USER and `logon` spell it. */
export interface SpelledUser {
  readonly username: string;
  /** undefined where the text names none; "" for `user@realm`, which stands for itself. */
  readonly domain?: string;
  readonly password?: string;
}

/** Reads `[DOMAIN\]USER[%PASSWORD]`; the domain may also end with a slash. */
export function parseUser(text: string): SpelledUser {
  const percent = text.indexOf("%");
  const name = percent < 0 ? text : text.slice(0, percent);
  const password = percent < 0 ? {} : { password: text.slice(percent + 1) };
  const separator = name.search(/[\\/]/);
  if (separator >= 0) {
    return { domain: name.slice(0, separator), username: name.slice(separator + 1), ...password };
  }
  return name.includes("@")
    ? { username: name, domain: "", ...password }
    : { username: name, ...password };
}

/** What a URL says about the user. */
export type UrlUser = Pick<SpelledUser, "password"> & {
  readonly user?: string;
  readonly domain?: string;
};

/**
 * Joins what is known about the user: the command line goes before a URL, the URL before the
 * environment, the environment before smb.conf. `-A` counts as command line, but `-U` and
 * `--password` go before it.
 *
 * @throws {StatedFailure} where the authentication file cannot be read
 */
export function identify(sources: {
  readonly options: Options;
  readonly environment: Environment;
  readonly workgroup: string;
  readonly url?: UrlUser;
}): Identity {
  const { options, workgroup, url } = sources;
  const around = environmentCredentials(sources.environment, secretReader);
  const file =
    options.authenticationFile === undefined ? {} : readAuthFile(options.authenticationFile);
  const typed = options.user === undefined ? undefined : parseUser(options.user);
  const chosen = typed ?? fromFile(file) ?? fromUrl(url);
  const fallback = around.user === undefined ? undefined : parseUser(around.user);
  const user = chosen ?? fallback;
  const password = [
    options.password,
    typed?.password,
    file.password,
    user?.password,
    around.password,
  ].find((candidate) => candidate !== undefined);
  return {
    username: user?.username ?? "",
    domain: user?.domain ?? workgroup,
    ...(password === undefined || options.noPassword ? {} : { password }),
    isNtHash: options.isNtHash,
    isChosen: chosen !== undefined,
    noPassword: options.noPassword,
    guest: options.guest,
  };
}

function fromFile({ username, domain }: AuthFile): SpelledUser | undefined {
  if (username === undefined) return undefined;
  return { ...parseUser(username), ...withDomain(domain) };
}

function withDomain(domain: string | undefined): { domain?: string } {
  return domain === undefined ? {} : { domain };
}

function fromUrl(url: UrlUser | undefined): SpelledUser | undefined {
  if (url?.user === undefined) return undefined;
  const spelled = url.domain === undefined ? parseUserName(url.user) : { username: url.user };
  const password = url.password === undefined ? {} : { password: url.password };
  return { ...spelled, ...withDomain(url.domain), ...password };
}

/** In a URL a % has been decoded and means itself. */
function parseUserName(user: string): SpelledUser {
  const { password: _none, ...spelled } = parseUser(user.replaceAll("%", "\0"));
  return { ...spelled, username: spelled.username.replaceAll("\0", "%") };
}

function readAuthFile(path: string): AuthFile {
  try {
    return parseAuthFile(readFileSync(path, "utf8"));
  } catch (cause) {
    // smbclient says the first of these on standard output, the second on standard error.
    throw new StatedFailure("ERROR: Unable to open credentials file!", {
      cause: wrongUse(cause),
      epilogue: "Failed to set parse authentication file!",
      explanation: `${path}: ${systemReason(cause)}`,
    });
  }
}

/** What was asked for cannot be done: not a file of the share is missing, but one of the command line. */
function wrongUse(cause: unknown): UsageError {
  return Object.assign(new UsageError(systemReason(cause)), { cause });
}

/** A warning where others than its owner may read a file with a password; undefined where all is well. */
export function looseFileWarning(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile() || (stats.mode & 0o077) === 0) return undefined;
  return `others may read the password in ${path}: chmod 600 ${quoteWord(path)}`;
}

const secretReader = {
  fromFile: (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (cause) {
      throw new StatedFailure(`Cannot read the password file ${path}: ${systemReason(cause)}`, {
        cause: wrongUse(cause),
      });
    }
  },
  fromDescriptor: (descriptor: number): string => readDescriptor(descriptor),
};

/** Reads to the end of a line, not of the file: the other end may stay open. */
function readDescriptor(descriptor: number): string {
  // Through /dev/fd a descriptor that Node holds non-blocking is opened anew, and blocks.
  let readable = descriptor;
  let isOurs = false;
  try {
    readable = openSync(`/dev/fd/${descriptor}`, "r");
    isOurs = true;
  } catch {
    // Sockets cannot be opened anew: they are read as they are.
  }
  try {
    const bytes: number[] = [];
    const one = new Uint8Array(1);
    while (readSync(readable, one) === 1 && one[0] !== 0x0a && one[0] !== 0) {
      bytes.push(one[0] as number);
    }
    return Buffer.from(bytes).toString("utf8");
  } catch (cause) {
    throw new StatedFailure(`Cannot read the password from descriptor ${descriptor}`, {
      cause: wrongUse(cause),
    });
  } finally {
    if (isOurs) closeSync(readable);
  }
}

/** The question smbclient asks: `Password for [WORKGROUP\user]:`. */
export function passwordQuestion({
  username,
  domain,
}: Pick<Identity, "username" | "domain">): string {
  return `Password for [${printable(`${domain === "" ? "" : `${domain}\\`}${username}`)}]:`;
}

/** There is no terminal to ask for a password on. */
export function noPasswordFor(identity: Pick<Identity, "username" | "domain">): UsageError {
  const { username, domain } = identity;
  const user = domain === "" ? username : `${domain}\\${username}`;
  return new UsageError(
    `no password for ${user} and no terminal to ask on: give it in a file (-A FILE, PASSWD_FILE) or in the variable PASSWD; -N logs on without one`,
  );
}

/** Whether a password has to be asked for. */
export function needsPassword(identity: Identity): boolean {
  return identity.password === undefined && !identity.noPassword && !isNobody(identity);
}

function isNobody(identity: Identity): boolean {
  return identity.username === "";
}

/**
 * What is sent to the server. Without a name we are anonymous; with `-N` and a name that nobody
 * chose likewise, except for a personality that tries that name first.
 *
 * @throws {UsageError} where `--pw-nt-hash` is not given 32 hexadecimal digits, or a password has no
 *   user name, which smbclient ignores
 */
export function credentialsFor(
  identity: Identity,
  personality: Pick<Personality, "fallsBackToAnonymous" | "hasExtensions">,
): Credentials {
  const { username, domain, guest } = identity;
  const isUnchosen = identity.noPassword && !identity.isChosen && !personality.fallsBackToAnonymous;
  if (isNobody(identity) && (identity.password ?? "") !== "" && personality.hasExtensions) {
    throw new UsageError(
      "a password needs a user name: give both with -U USER%PASSWORD or -A FILE",
    );
  }
  if (!guest && (isNobody(identity) || isUnchosen)) {
    return { kind: "anonymous", username: "", domain: "" };
  }
  // "guest" is a logon like any other, except that being made a guest is no failure.
  const kind = guest || personality.fallsBackToAnonymous ? "guest" : "password";
  return { kind, username: username === "" ? "guest" : username, domain, ...secretOf(identity) };
}

function secretOf({ password = "", isNtHash }: Identity): Pick<Credentials, "password" | "ntHash"> {
  return isNtHash && password !== "" ? { ntHash: parseNtHash(password) } : { password };
}

function parseNtHash(text: string): Uint8Array {
  if (!/^[0-9a-f]{32}$/i.test(text)) {
    throw new UsageError("--pw-nt-hash needs a password of 32 hexadecimal digits");
  }
  return Buffer.from(text, "hex");
}
