import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";

/** One parameter of a configuration, as written. */
export interface ConfParameter {
  /** As written, for messages. */
  readonly name: string;
  readonly value: string;
}

/** What `%` macros stand for. */
export interface ConfMacros {
  /** `%h`: this machine's host name. */
  readonly hostName: string;
  /** `%m`: the NetBIOS name of the client; here that is us. */
  readonly netbiosName: string;
  /** `%u` and `%U`: the user. */
  readonly userName: string;
  /** `%$(NAME)`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A name without blanks, in lower case: smb.conf cares for neither. */
export function parameterKey(name: string): string {
  return name.toLowerCase().replace(/\s+/g, "");
}

/** The default of Debian's and most other packages. */
export const DEFAULT_CONF_PATH = "/etc/samba/smb.conf";

/**
 * Reads the parameters of the `[global]` section of an smb.conf, those of included files in their
 * place. What stands before any section is global too. An included file that cannot be read is
 * passed over, as Samba does.
 *
 * @throws the system's error where `path` itself cannot be read
 */
export function readSmbConf(path: string, macros: ConfMacros): readonly ConfParameter[] {
  return parseSmbConf(readFileSync(path, "utf8"), macros, includeFrom(path, macros, 0));
}

type Include = (path: string) => readonly ConfParameter[];

// smb.conf files that include each other in a circle end here.
const MAX_INCLUDE_DEPTH = 8;

function includeFrom(parent: string, macros: ConfMacros, depth: number): Include {
  return (path) => {
    if (depth >= MAX_INCLUDE_DEPTH) return [];
    const file = isAbsolute(path) ? path : join(parent, "..", path);
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch {
      return [];
    }
    return parseSmbConf(text, macros, includeFrom(file, macros, depth + 1));
  };
}

/** Parses the text of an smb.conf; `include` fetches the parameters of another file. */
export function parseSmbConf(
  text: string,
  macros: ConfMacros,
  include: (path: string) => readonly ConfParameter[] = () => [],
): readonly ConfParameter[] {
  const parameters: ConfParameter[] = [];
  let isGlobal = true;
  for (const line of logicalLines(text)) {
    const section = /^\[([^\]]*)\]/.exec(line);
    if (section !== null) {
      const name = parameterKey(section[1] ?? "");
      isGlobal = name === "global" || name === "globals";
      continue;
    }
    const equals = line.indexOf("=");
    if (!isGlobal || equals <= 0) continue;
    const name = line.slice(0, equals).trim().replace(/\s+/g, " ");
    const value = expandMacros(line.slice(equals + 1).trim(), macros);
    if (parameterKey(name) === "include") parameters.push(...include(value));
    else parameters.push({ name, value });
  }
  return parameters;
}

/** Lines without comments and empty ones, a trailing backslash joined with the next line. */
function* logicalLines(text: string): Generator<string> {
  let pending = "";
  for (const raw of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const line = pending === "" ? raw.trimStart() : raw.trim();
    if (pending === "" && /^[#;]/.test(line)) continue;
    if (line.trimEnd().endsWith("\\")) {
      pending += line.trimEnd().slice(0, -1);
      continue;
    }
    const whole = (pending + line).trim();
    pending = "";
    if (whole !== "") yield whole;
  }
  if (pending.trim() !== "") yield pending.trim();
}

function expandMacros(value: string, macros: ConfMacros): string {
  return value.replace(/%(?:\$\(([^)]*)\)|([a-zA-Z%]))/g, (all, variable, letter) => {
    if (variable !== undefined) return macros.environment[variable] ?? "";
    switch (letter) {
      case "h":
        return macros.hostName;
      case "m":
        return macros.netbiosName;
      case "u":
      case "U":
        return macros.userName;
      case "%":
        return "%";
      default:
        return all;
    }
  });
}

/** Samba's words for yes and no; undefined for others. */
export function parseBoolean(value: string): boolean | undefined {
  if (/^(?:yes|true|on|1)$/i.test(value)) return true;
  return /^(?:no|false|off|0)$/i.test(value) ? false : undefined;
}

/** Splits a list at blanks, commas and semicolons; double quotes keep a word together. */
export function parseList(value: string): readonly string[] {
  const words = value.match(/"[^"]*"|[^\s,;"]+/g) ?? [];
  return words.map((word) => word.replace(/^"|"$/g, ""));
}
