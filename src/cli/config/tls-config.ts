import { isAbsolute, join } from "node:path";
import { parseBoolean, parseList } from "./smb-conf.ts";

/** What smb.conf says about TLS, as far as SMB over QUIC is concerned. */
export interface TlsConfig {
  readonly caFile: string | undefined;
  readonly caDirectories: readonly string[];
  /** undefined: nothing was said; the system's store is trusted then (not so by Samba). */
  readonly trustsSystem: boolean | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly crlFile: string | undefined;
  readonly verify: "strict" | "ca" | "none" | undefined;
  readonly provider: "kernel" | "ngtcp2" | undefined;
}

/** Where Samba's packages keep what `tls cafile` and its like name without a leading slash. */
const DEFAULT_PRIVATE_DIRECTORY = "/var/lib/samba/private";

/**
 * Samba's words for `tls verify peer`. A name is always there: an address is not dialled over QUIC.
 * `as_strict_as_possible` means a revocation list where there is one; Samba fails without.
 */
const VERIFY: Readonly<Record<string, NonNullable<TlsConfig["verify"]>>> = {
  no_check: "none",
  ca_only: "ca",
  ca_and_name_if_available: "strict",
  ca_and_name: "strict",
  as_strict_as_possible: "strict",
};

/** Takes the parameters of TLS one by one. */
export class TlsDraft {
  readonly #texts = new Map<string, string>();
  #trustsSystem: boolean | undefined;
  #verify: TlsConfig["verify"];
  #forcesNgtcp2 = false;
  #allowsNgtcp2 = true;

  /** What is wrong with the value, in Samba's words; undefined also for parameters of others. */
  set(key: string, value: string): string | undefined {
    switch (key) {
      case "tlsverifypeer": {
        const verify = VERIFY[value.toLowerCase()];
        this.#verify = verify ?? this.#verify;
        return verify === undefined ? invalid(value, "tls verify peer") : undefined;
      }
      case "tlstrustsystemcas": {
        const trusts = parseBoolean(value);
        this.#trustsSystem = trusts ?? this.#trustsSystem;
        return trusts === undefined ? invalid(value, "tls trust system cas") : undefined;
      }
      case "clientsmbtransport:force_ngtcp2_quic":
        this.#forcesNgtcp2 = parseBoolean(value) ?? this.#forcesNgtcp2;
        return undefined;
      case "clientsmbtransport:allow_ngtcp2_quic":
        this.#allowsNgtcp2 = parseBoolean(value) ?? this.#allowsNgtcp2;
        return undefined;
      default:
        this.#texts.set(key, value);
        return undefined;
    }
  }

  finish(): TlsConfig {
    return {
      caFile: this.#file("tlscafile"),
      caDirectories: parseList(this.#texts.get("tlscadirectories") ?? ""),
      trustsSystem: this.#trustsSystem,
      certFile: this.#file("tlscertfile"),
      keyFile: this.#file("tlskeyfile"),
      crlFile: this.#file("tlscrlfile"),
      verify: this.#verify,
      provider: this.#provider(),
    };
  }

  #provider(): TlsConfig["provider"] {
    if (!this.#allowsNgtcp2) return "kernel";
    return this.#forcesNgtcp2 ? "ngtcp2" : undefined;
  }

  #file(key: string): string | undefined {
    const path = this.#texts.get(key) ?? "";
    if (path === "") return undefined;
    if (isAbsolute(path)) return path;
    const named = this.#texts.get("privatedir") ?? this.#texts.get("privatedirectory") ?? "";
    return join(named === "" ? DEFAULT_PRIVATE_DIRECTORY : named, path);
  }
}

/** Whether a `TlsDraft` has any use for a parameter. */
export function concernsTls(key: string): boolean {
  return /^(?:tls|private(?:dir|directory)$|clientsmbtransport:)/.test(key);
}

function invalid(value: string, parameter: string): string {
  return `WARNING: Ignoring invalid value '${value}' for parameter '${parameter}'`;
}
