import { isIP } from "node:net";
import type { DialAttempt, DialError, DialProblem } from "../core/index.ts";
import { KEY_PASSPHRASE } from "./quic-settings.ts";

/** What helps against what stood in the way of QUIC: one line for each remedy, none twice. */
export function quicHints({ attempts, target }: Pick<DialError, "attempts" | "target">): string[] {
  const ofQuic = attempts.filter(({ kind }) => kind === "quic");
  const hints = hintsFor(ofQuic.flatMap((attempt) => problemsOf(attempt, target.host)));
  const refused = ofQuic.find(({ error }) => reasonOf(error) === "certificate");
  if (refused !== undefined) {
    const port = /:(\d+)$/.exec(refused.address)?.[1] ?? "443";
    hints.push(
      `smbx quic-check ${target.host}${port === "443" ? "" : `:${port}`} shows its certificates`,
    );
  }
  return hints;
}

/** The remedies for `problems`, none twice. */
export function hintsFor(problems: readonly (DialProblem | "address")[]): string[] {
  return [...new Set(problems.flatMap((problem) => HINTS[problem] ?? []))];
}

/** The remedy for each problem, by its word; what only the server's owner can mend has none. */
export const HINTS: Partial<Record<DialProblem | "address", string>> = {
  address: "--quic-server-name=NAME says which name the certificate must have",
  "unknown-issuer": "--quic-ca=FILE trusts the CA, or the self-signed certificate, in FILE",
  "name-mismatch": "use a name that the certificate has, or say it with --quic-server-name=NAME",
  expired: "the server needs a new certificate, if the clock of this machine is right",
  "not-yet-valid": "the clock of this machine may be wrong",
  revoked: "the server needs a new certificate",
  "purpose-mismatch": "the server needs a certificate with extendedKeyUsage serverAuth",
  "client-certificate-required": "--quic-cert=FILE and --quic-key=FILE show a client certificate",
  "client-certificate-refused":
    "--quic-cert=FILE and --quic-key=FILE choose another client certificate",
  "key-passphrase": `the passphrase is taken from the variable ${KEY_PASSPHRASE}`,
  "no-smb": "--transport=quic:PORT names another port",
  "no-kernel-quic": "--quic-provider=ngtcp2 needs no kernel module",
};

function problemsOf(
  { outcome, error }: DialAttempt,
  host: string,
): readonly (DialProblem | "address")[] {
  // A limit on dialects makes QUIC unsuitable as well, but for names too.
  if (outcome === "unsuitable") return isIP(host) === 0 ? [] : ["address"];
  const { problems } = (error ?? {}) as { readonly problems?: readonly DialProblem[] };
  return problems ?? [];
}

function reasonOf(error: unknown): unknown {
  return (error as { readonly reason?: unknown } | undefined)?.reason;
}
