import {
  CipherId,
  parseTransportOrder,
  SigningAlgorithmId,
  type TransportChoice,
  upperCase,
} from "../../core/index.ts";
import type { Setting } from "../option-values.ts";
import { UsageError } from "../usage-error.ts";
import { parameterNames } from "./parameter-names.ts";
import { type ProtocolLevel, parseProtocol } from "./protocol-names.ts";
import { type ConfParameter, parameterKey, parseBoolean, parseList } from "./smb-conf.ts";

import { concernsTls, type TlsConfig, TlsDraft } from "./tls-config.ts";

/** What smb.conf, `--option` and its short forms say, as far as a client is concerned. */
export interface ClientConfig {
  readonly workgroup: string;
  readonly netbiosName: string | undefined;
  readonly realm: string | undefined;
  readonly minProtocol: ProtocolLevel;
  readonly maxProtocol: ProtocolLevel;
  /** undefined: nothing was said. */
  readonly protection: "sign" | "encrypt" | "off" | undefined;
  readonly transports: readonly TransportChoice[] | undefined;
  readonly signingAlgorithms: readonly SigningAlgorithmId[] | undefined;
  readonly ciphers: readonly CipherId[] | undefined;
  readonly resolveOrder: readonly string[];
  readonly requiresKerberos: boolean;
  /** False: a verified QUIC connection needs no encryption above it. */
  readonly encryptsOverQuic: boolean;
  readonly tls: TlsConfig;
  /** In Samba's words; for standard error. */
  readonly warnings: readonly string[];
}

/**
 * Joins the parameters of the configuration file with those of the command line, which win.
 *
 * @throws {UsageError} for an `--option` that does not exist or has an impossible value
 */
export function clientConfig(
  parameters: readonly ConfParameter[],
  settings: readonly Setting[],
): ClientConfig {
  const draft = new ConfigDraft();
  for (const { name, value } of parameters) {
    if (draft.set(name, value)) continue;
    draft.warnings.push(
      `Unknown parameter encountered: "${name}"`,
      `Ignoring unknown parameter "${name}"`,
    );
  }
  for (const setting of settings) setFromCommandLine(draft, setting);
  return draft.finish();
}

function setFromCommandLine(draft: ConfigDraft, { name, value, option }: Setting): void {
  const isStrict = option === "--option";
  const failure = `Error setting option '${name}=${value}'`;
  const warningsBefore = draft.warnings.length;
  const isKnown = draft.set(name, value);
  if (!isStrict) return;
  if (!isKnown) {
    throw new UsageError(
      `Unknown parameter encountered: "${name}"`,
      `Unknown option '${name}'`,
      failure,
    );
  }
  // A warning about the very value that was asked for ends the run.
  const warnings = draft.warnings.splice(warningsBefore);
  if (warnings.length > 0) throw new UsageError(...warnings, failure);
}

const DEFAULT_RESOLVE_ORDER = ["lmhosts", "host"];
const RESOLVERS: ReadonlySet<string> = new Set(["lmhosts", "host", "wins", "bcast"]);

// The parameters that have Samba's "Ignoring invalid value" when they make no sense.
type Refusal = string | undefined;

class ConfigDraft {
  readonly warnings: string[] = [];
  readonly #tls = new TlsDraft();
  #workgroup = "WORKGROUP";
  #netbiosName: string | undefined;
  #realm: string | undefined;
  #minProtocol = protocol("SMB2_02");
  #maxProtocol = protocol("SMB3");
  #protection: ClientConfig["protection"];
  #signing: ClientConfig["protection"];
  #encryption: ClientConfig["protection"];
  #transports: readonly TransportChoice[] | undefined;
  #signingAlgorithms: readonly SigningAlgorithmId[] | undefined;
  #ciphers: readonly CipherId[] | undefined;
  #resolveOrder: readonly string[] = DEFAULT_RESOLVE_ORDER;
  #requiresKerberos = false;
  #encryptsOverQuic = true;

  /** Takes a parameter; false where no such parameter exists. */
  set(name: string, value: string): boolean {
    const key = parameterKey(name);
    const setter = this.#setters[key];
    const refusal = concernsTls(key) ? this.#tls.set(key, value) : setter?.(value);
    if (refusal !== undefined) this.warnings.push(refusal);
    return setter !== undefined || key.includes(":") || parameterNames.has(key);
  }

  finish(): ClientConfig {
    if (this.#maxProtocol.rank < this.#minProtocol.rank) {
      const { name: max } = this.#maxProtocol;
      const { name: min } = this.#minProtocol;
      this.warnings.push(`lp_load_ex: Max protocol ${max} is less than min protocol ${min}.`);
    }
    return {
      workgroup: this.#workgroup,
      netbiosName: this.#netbiosName,
      realm: this.#realm,
      minProtocol: this.#minProtocol,
      maxProtocol: this.#maxProtocol,
      protection: this.#protection ?? this.#encryption ?? this.#signing,
      transports: this.#transports,
      signingAlgorithms: this.#signingAlgorithms,
      ciphers: this.#ciphers,
      resolveOrder: this.#resolveOrder,
      requiresKerberos: this.#requiresKerberos,
      encryptsOverQuic: this.#encryptsOverQuic,
      tls: this.#tls.finish(),
      warnings: this.warnings,
    };
  }

  readonly #setters: Readonly<Record<string, (value: string) => Refusal>> = {
    workgroup: (value) => {
      if (value !== "") this.#workgroup = upperCase(value, "samba");
      return undefined;
    },
    netbiosname: (value) => {
      this.#netbiosName = value === "" ? undefined : upperCase(value, "samba");
      return undefined;
    },
    realm: (value) => {
      this.#realm = value === "" ? undefined : value.toUpperCase();
      return undefined;
    },
    clientminprotocol: (value) => {
      const level = /^default$/i.test(value) ? protocol("SMB2_02") : parseProtocol(value);
      if (level === undefined) return invalid(value, "client min protocol");
      this.#minProtocol = level;
      return undefined;
    },
    clientmaxprotocol: (value) => {
      const level = /^default$/i.test(value) ? protocol("SMB3") : parseProtocol(value);
      if (level === undefined) return invalid(value, "client max protocol");
      this.#maxProtocol = level;
      return undefined;
    },
    clientprotection: (value) => {
      const found = lookUp(PROTECTION, value);
      if (found === undefined) return invalid(value, "client protection");
      this.#protection = found.protection;
      return undefined;
    },
    clientsigning: (value) => {
      const found = lookUp(SIGNING, value);
      if (found === undefined) return invalid(value, "client signing");
      this.#signing = found.protection;
      return undefined;
    },
    clientsmbencrypt: (value) => {
      const found = lookUp(ENCRYPTION, value);
      if (found === undefined) return invalid(value, "client smb encrypt");
      this.#encryption = found.protection;
      return undefined;
    },
    clientsmbtransports: (value) => {
      try {
        this.#transports = parseTransportOrder(value);
        return undefined;
      } catch (error) {
        if (error instanceof RangeError) return error.message;
        throw error;
      }
    },
    clientsmb3signingalgorithms: (value) => {
      const found = algorithms(value, SIGNING_ALGORITHMS);
      if (found === undefined) return invalid(value, "client smb3 signing algorithms");
      this.#signingAlgorithms = found;
      return undefined;
    },
    clientsmb3encryptionalgorithms: (value) => {
      const found = algorithms(value, CIPHERS);
      if (found === undefined) return invalid(value, "client smb3 encryption algorithms");
      this.#ciphers = found;
      return undefined;
    },
    nameresolveorder: (value) => {
      const words = parseList(value.toLowerCase());
      const wrong = words.find((word) => !RESOLVERS.has(word));
      const known = words.filter((word) => RESOLVERS.has(word));
      this.#resolveOrder = known.length > 0 ? known : DEFAULT_RESOLVE_ORDER;
      return wrong === undefined
        ? undefined
        : `handle_name_resolve_order: WARNING: Ignoring invalid list value '${wrong}' for parameter 'name resolve order'`;
    },
    clientusekerberos: (value) => {
      if (!/^(?:desired|required|off|auto|default)$/i.test(value)) {
        return invalid(value, "client use kerberos");
      }
      this.#requiresKerberos = value.toLowerCase() === "required";
      return undefined;
    },
    clientsmbencryptionoverquic: (value) => {
      const found = parseBoolean(value);
      if (found === undefined) return invalid(value, "client smb encryption over quic");
      this.#encryptsOverQuic = found;
      return undefined;
    },
  };
}

function invalid(value: string, parameter: string): string {
  return `WARNING: Ignoring invalid value '${value}' for parameter '${parameter}'`;
}

function protocol(name: string): ProtocolLevel {
  const level = parseProtocol(name);
  if (level === undefined) throw new Error(`${name} is no protocol`);
  return level;
}

type Meaning = { readonly protection: ClientConfig["protection"] };

const nothing: Meaning = { protection: undefined };
const off: Meaning = { protection: "off" };
const sign: Meaning = { protection: "sign" };
const encrypt: Meaning = { protection: "encrypt" };

const PROTECTION: Readonly<Record<string, Meaning>> = {
  default: nothing,
  plain: off,
  off,
  sign,
  encrypt,
};

// `desired` offers signing without insisting: the default of either name does at least that.
const SIGNING: Readonly<Record<string, Meaning>> = {
  ...{ default: nothing, auto: nothing, desired: nothing, if_required: nothing, enabled: nothing },
  ...{ disabled: off, off, no: off, false: off, 0: off },
  ...{ mandatory: sign, required: sign, forced: sign, force: sign, enforced: sign },
  ...{ yes: nothing, true: nothing, on: nothing, 1: nothing },
};

// What a server or share asks for is always obeyed; `desired` cannot be insisted on.
const ENCRYPTION: Readonly<Record<string, Meaning>> = {
  ...{ default: nothing, if_required: nothing, auto: nothing, desired: nothing, enabled: nothing },
  ...{ yes: nothing, true: nothing, on: nothing, 1: nothing },
  ...{ off: nothing, disabled: nothing, no: nothing, false: nothing, 0: nothing },
  ...{ mandatory: encrypt, required: encrypt, forced: encrypt, force: encrypt, enforced: encrypt },
};

function lookUp(table: Readonly<Record<string, Meaning>>, value: string): Meaning | undefined {
  return table[value.toLowerCase()];
}

const SIGNING_ALGORITHMS: Readonly<Record<string, SigningAlgorithmId>> = {
  "aes-128-gmac": SigningAlgorithmId.AES_GMAC,
  "aes-128-cmac": SigningAlgorithmId.AES_CMAC,
  "hmac-sha256": SigningAlgorithmId.HMAC_SHA256,
};

// The order that is offered when nothing is said.
const CIPHERS: Readonly<Record<string, CipherId>> = {
  "aes-128-gcm": CipherId.AES_128_GCM,
  "aes-128-ccm": CipherId.AES_128_CCM,
  "aes-256-gcm": CipherId.AES_256_GCM,
  "aes-256-ccm": CipherId.AES_256_CCM,
};

/** A list in order of preference, or `-name` to leave names out of the default. */
function algorithms<T>(
  value: string,
  known: Readonly<Record<string, T>>,
): readonly T[] | undefined {
  const words = parseList(value.toLowerCase());
  const isRemoval = words.some((word) => word.startsWith("-"));
  const names = words.map((word) => word.replace(/^[-+]/, ""));
  if (names.length === 0 || names.some((name) => known[name] === undefined)) return undefined;
  const kept = isRemoval ? Object.keys(known).filter((name) => !names.includes(name)) : names;
  const found = kept.flatMap((name) => known[name] ?? []);
  return found.length === 0 ? undefined : found;
}
