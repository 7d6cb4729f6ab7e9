import type { Personality } from "./personality.ts";
import { type QuicArguments, withQuicOption } from "./quic-arguments.ts";
import { UsageError } from "./usage-error.ts";

/** A parameter of smb.conf that an option stands for; see `config/client-config.ts`. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  /** The option that was used: a value out of range is an error for `--option` alone. */
  readonly option: string;
}

/** What was typed, checked one by one but not yet joined with environment and files. */
export interface Options {
  readonly user?: string;
  readonly password?: string;
  readonly noPassword: boolean;
  readonly isNtHash: boolean;
  readonly authenticationFile?: string;
  readonly guest: boolean;
  readonly configFile?: string;
  /** In the order given: the last one of a name wins. */
  readonly settings: readonly Setting[];
  readonly address?: string;
  readonly port?: number;
  readonly transports?: string;
  /** Undefined where no option of QUIC was given. */
  readonly quic?: QuicArguments;
  readonly protection?: "sign" | "encrypt" | "off";
  readonly timeoutSeconds?: number;
  readonly ioSize?: number;
  readonly directory?: string;
  /** The commands of `-c`. */
  readonly command?: string;
  readonly grepable: boolean;
  readonly quiet: boolean;
  readonly messagesToStderr: boolean;
  readonly debugLevel: number;
  readonly debugToStdout: boolean;
  readonly explain: boolean;
  readonly pcapFile?: string;
  readonly jobs?: number;
  /** 1 is `off`. */
  readonly multichannel?: "auto" | number;
  readonly maxChannels?: number;
  readonly noTimes: boolean;
  readonly inplace: boolean;
  readonly verify: boolean;
  readonly partial: boolean;
  readonly recursive: boolean;
  readonly json: boolean;
  /** Kerberos was demanded. */
  readonly requiresKerberos: boolean;
  /** Accepted options that have no effect here, as typed: told with `-d 1`. */
  readonly ignored: readonly string[];
  /** Given, and not to be had here: `--tar`, `--message`, `--browse`, `--machine-pass`. */
  readonly refused: readonly string[];
}

/** One option of a command line. */
export interface Occurrence {
  readonly long: string;
  readonly value: string;
}

/** The options, and the host of `-L`. */
export interface Collected {
  readonly options: Options;
  readonly listHost: string | undefined;
}

type Draft = { -readonly [K in keyof Options]: Options[K] } & {
  settings: Setting[];
  ignored: string[];
  refused: string[];
  listHost?: string;
};

/**
 * Joins the options of a command line, the later over the earlier.
 *
 * @throws {UsageError} for a value that makes no sense
 */
export function collectOptions(
  occurrences: readonly Occurrence[],
  personality: Pick<Personality, "hasExtensions">,
): Collected {
  const draft: Draft = {
    noPassword: false,
    isNtHash: false,
    guest: false,
    settings: [],
    grepable: false,
    quiet: false,
    messagesToStderr: false,
    debugLevel: 0,
    debugToStdout: false,
    explain: false,
    noTimes: false,
    inplace: false,
    verify: false,
    partial: false,
    recursive: false,
    json: false,
    requiresKerberos: false,
    ignored: [],
    refused: [],
  };
  for (const { long, value } of occurrences) apply(draft, long, value, personality.hasExtensions);
  const { listHost, ...options } = draft;
  return { options, listHost: listHost?.replace(/^[\\/]+/, "") };
}

/** A whole number; popt's complaint about another word goes unheard in smbclient. */
function integer(
  option: string,
  value: string,
  isStrict: boolean,
  { least, most = Number.MAX_SAFE_INTEGER }: Range = { least: 0 },
): number | undefined {
  const number = /^[0-9]+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  if (!isStrict) return undefined;
  const range =
    most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
  throw new UsageError(`--${option} takes a number ${range}: ${value}`);
}

interface Range {
  readonly least: number;
  readonly most?: number;
}

// The options that are parameters of smb.conf under another name.
const PARAMETERS: Readonly<Record<string, string>> = {
  "name-resolve": "name resolve order",
  "socket-options": "socket options",
  "max-protocol": "client max protocol",
  "min-protocol": "client min protocol",
  netbiosname: "netbios name",
  "netbios-scope": "netbios scope",
  workgroup: "workgroup",
  realm: "realm",
};

const TEXTS: Readonly<
  Record<
    string,
    | "user"
    | "password"
    | "authenticationFile"
    | "configFile"
    | "address"
    | "directory"
    | "command"
    | "pcapFile"
    | "transports"
  >
> = {
  user: "user",
  password: "password",
  "authentication-file": "authenticationFile",
  configfile: "configFile",
  "ip-address": "address",
  directory: "directory",
  command: "command",
  pcap: "pcapFile",
  transport: "transports",
};

const SWITCHES: Readonly<
  Record<
    string,
    | "noPassword"
    | "isNtHash"
    | "guest"
    | "grepable"
    | "quiet"
    | "messagesToStderr"
    | "debugToStdout"
    | "explain"
    | "noTimes"
    | "inplace"
    | "verify"
    | "partial"
    | "recursive"
    | "json"
  >
> = {
  "no-pass": "noPassword",
  "pw-nt-hash": "isNtHash",
  guest: "guest",
  grepable: "grepable",
  quiet: "quiet",
  stderr: "messagesToStderr",
  "debug-stdout": "debugToStdout",
  explain: "explain",
  "no-times": "noTimes",
  inplace: "inplace",
  verify: "verify",
  partial: "partial",
  recursive: "recursive",
  json: "json",
};

const NUMBERS: Readonly<
  Record<string, readonly ["port" | "timeoutSeconds" | "ioSize" | "jobs" | "maxChannels", Range]>
> = {
  port: ["port", { least: 1, most: 65_535 }],
  // In milliseconds a timer has to hold it.
  timeout: ["timeoutSeconds", { least: 1, most: 2_147_483 }],
  "send-buffer": ["ioSize", { least: 0 }],
  jobs: ["jobs", { least: 1 }],
  "max-channels": ["maxChannels", { least: 1 }],
};

const REFUSED: ReadonlySet<string> = new Set(["tar", "message", "browse", "machine-pass"]);

function apply(draft: Draft, long: string, value: string, isStrict: boolean): void {
  const parameter = PARAMETERS[long];
  const text = TEXTS[long];
  const toggle = SWITCHES[long];
  const numeric = NUMBERS[long];
  if (parameter !== undefined) draft.settings.push({ name: parameter, value, option: `--${long}` });
  else if (text !== undefined) draft[text] = value;
  else if (long.startsWith("quic-")) draft.quic = withQuicOption(draft.quic, long, value);
  else if (toggle !== undefined) draft[toggle] = true;
  else if (numeric !== undefined) {
    const [field, range] = numeric;
    const number = integer(long, value, isStrict, range);
    if (number !== undefined) draft[field] = number;
  } else if (REFUSED.has(long)) draft.refused.push(long);
  else applySpecial(draft, long, value, isStrict);
}

function applySpecial(draft: Draft, long: string, value: string, isStrict: boolean): void {
  switch (long) {
    case "list":
      draft.listHost = value;
      return;
    case "debuglevel":
      draft.debugLevel = integer(long, value, isStrict) ?? 0;
      return;
    case "option":
      draft.settings.push(parseSetting(value));
      return;
    case "client-protection":
      if (value !== "sign" && value !== "encrypt" && value !== "off") {
        throw new UsageError("Failed to parse --client-protection");
      }
      draft.protection = value;
      return;
    case "multichannel":
      draft.multichannel = connectionCount(value);
      return;
    case "use-kerberos":
      applyKerberos(draft, value);
      return;
    case "use-krb5-ccache":
    case "kerberos":
      draft.requiresKerberos = true;
      return;
    default:
      draft.ignored.push(`--${long}`);
  }
}

function connectionCount(value: string): "auto" | number {
  if (value === "auto") return value;
  if (value === "off") return 1;
  const count = /^[0-9]+$/.test(value) ? Number(value) : 0;
  if (count >= 1 && count <= 64) return count;
  throw new UsageError(`--multichannel takes auto, off or a number from 1 to 64: ${value}`);
}

function applyKerberos(draft: Draft, value: string): void {
  const word = value.toLowerCase();
  const isKnown = /^(?:desired|required|off|auto|default|yes|no|true|false|0|1)$/.test(word);
  if (!isKnown) throw new UsageError("Failed to parse --use-kerberos");
  draft.requiresKerberos = word === "required";
}

function parseSetting(text: string): Setting {
  const equals = text.indexOf("=");
  if (equals <= 0) throw new UsageError(`Failed to parse --option=${text}: expected name=value`);
  return {
    name: text.slice(0, equals).trim(),
    value: text.slice(equals + 1).trim(),
    option: "--option",
  };
}
