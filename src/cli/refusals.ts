import { isIPv6 } from "node:net";
import { parseProtocol, protocolWords } from "./config/protocol-names.ts";
import { StatedFailure } from "./failure.ts";
import type { Options, Setting } from "./option-values.ts";
import type { Personality } from "./personality.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Ends a run whose options ask for what is not to be had.
 *
 * @throws {UsageError} in our words, or {StatedFailure} in smbclient's
 */
export function refuse(options: Options, personality: Personality): void {
  const [first] = options.refused;
  if (first !== undefined) throw refusal(first, personality);
  if (personality.hasExtensions) {
    options.settings.forEach(checkProtocol);
    checkAddress(options.address);
  }
  if (!options.requiresKerberos) return;
  if (personality.hasExtensions) {
    throw new UsageError(
      "Kerberos is not supported yet: leave --use-kerberos=required, --use-krb5-ccache and -k out to log on with NTLM",
    );
  }
  throw new StatedFailure("session setup failed: NT_STATUS_INVALID_PARAMETER", {
    epilogue:
      "gensec_spnego_client_negTokenInit_step: Could not find a suitable mechtype in NEG_TOKEN_INIT",
  });
}

/** Behind `-I` stands an address or a name, and nothing else. */
function checkAddress(address: string | undefined): void {
  const [, inside = ""] = /^\[(.*)\](?::\d+)?$/.exec(address ?? "") ?? [];
  if (isIPv6(inside)) {
    throw new UsageError(`-I ${address}: write the address without brackets: -I ${inside}`);
  }
  if (address !== undefined && /[[\]:/\\@\s]/.test(address) && !isIPv6(address)) {
    throw new UsageError(`-I ${address}: neither an address nor a name (a port goes behind -p)`);
  }
}

/** smbclient warns of a word that names no protocol and goes on; there is no SMB1 here either. */
function checkProtocol({ option, value }: Setting): void {
  const isMaximum = option === "--max-protocol";
  if ((!isMaximum && option !== "--min-protocol") || /^default$/i.test(value)) return;
  const level = parseProtocol(value);
  if (level !== undefined && (!isMaximum || level.dialect !== undefined)) return;
  const isOld = level !== undefined || /^smb1$/i.test(value);
  const reason = isOld ? `${value} is older than what smbx speaks` : `no protocol: ${value}`;
  throw new UsageError(`${option}: ${reason}; choose one of ${protocolWords.join(", ")}`);
}

const REASONS: Readonly<Record<string, string>> = {
  tar: "tar is not supported yet",
  message: "WinPopup messages need SMB1 and are not supported",
  browse: "browsing by DNS-SD is not supported",
  "machine-pass":
    "the machine account's password lies in Samba's private database, which is not read",
};

const SMBCLIENT_WORDS: Readonly<Record<string, string>> = {
  browse: "DNS-SD browsing is not supported on this platform",
  message: "NetBIOS over TCP disabled.",
};

function refusal(option: string, personality: Personality): Error {
  const words = SMBCLIENT_WORDS[option];
  if (!personality.hasExtensions && words !== undefined) return new StatedFailure(words);
  return new UsageError(`--${option}: ${REASONS[option] ?? "not supported"}`);
}
