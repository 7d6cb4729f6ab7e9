import { X509Certificate } from "node:crypto";
import type { Verification, VerificationFlag } from "ngtcp2-napi";

/** What is wrong with a certificate, in words behind "the server's certificate". */
export function explain(verification: Verification, name: string): string {
  const chain = verification.chain.map((der) => new X509Certificate(der));
  const [own] = chain;
  if (own === undefined) return "is missing";
  const evidence = { own, chain, name };
  return verification.flags.map((flag) => WORDS[flag]?.(evidence) ?? flag).join(", and ");
}

interface Evidence {
  readonly own: X509Certificate;
  readonly chain: readonly X509Certificate[];
  readonly name: string;
}

const WORDS: Partial<Record<VerificationFlag, (evidence: Evidence) => string>> = {
  expired: ({ own, chain }) => {
    const outdated = firstOf(chain, ({ validTo }) => Date.parse(validTo)) ?? own;
    return outdated === own
      ? `expired on ${day(own.validTo)}`
      : `was issued by ${oneLine(outdated.subject)}, whose own certificate expired on ${day(outdated.validTo)}`;
  },
  "not-yet-valid": ({ own, chain }) => {
    const early = firstOf(chain, ({ validFrom }) => -Date.parse(validFrom)) ?? own;
    return early === own
      ? `is not valid before ${day(own.validFrom)}`
      : `was issued by ${oneLine(early.subject)}, whose own certificate is not valid before ${day(early.validFrom)}`;
  },
  "name-mismatch": ({ own, name }) => `is not for ${name}, but for ${namesOf(own)}`,
  "unknown-issuer": ({ own, chain }) => {
    if (own.issuer === own.subject) return "is self-signed and not trusted";
    // A chain may include its root, which is its own issuer.
    const root = (topOf(chain) ?? own).issuer;
    return root === own.issuer
      ? `was issued by ${oneLine(own.issuer)}, which is not trusted`
      : `was issued by ${oneLine(own.issuer)}, and that by ${oneLine(root)}, which is not trusted`;
  },
  "issuer-not-ca": ({ own }) => `was issued by ${oneLine(own.issuer)}, which is no CA`,
  "issuer-constraints": ({ own }) =>
    `was issued by ${oneLine(own.issuer)}, which may not issue for this name`,
  revoked: () => "is revoked",
  "purpose-mismatch": () => "is not meant for servers (its key usage lacks serverAuth)",
  "insecure-algorithm": () => "is signed with an algorithm that is no longer secure",
  "bad-signature": () => "has a signature that does not match",
  "revocation-list-outdated": () => "cannot be checked: the revocation list is out of date",
  "revocation-list-in-future": () => "cannot be checked: the revocation list is not yet valid",
  "unknown-critical-extension": () => "demands a check that is not known here",
  missing: () => "is missing",
  invalid: () => "cannot be verified",
};

/** The certificate with the smallest value; the server's own where several share it. */
function firstOf(
  chain: readonly X509Certificate[],
  value: (certificate: X509Certificate) => number,
): X509Certificate | undefined {
  return chain.reduce<X509Certificate | undefined>(
    (best, each) => (best !== undefined && value(best) <= value(each) ? best : each),
    undefined,
  );
}

/** Where the chain that the server sent ends. */
function topOf(chain: readonly X509Certificate[]): X509Certificate | undefined {
  let [top] = chain;
  for (const next of chain.slice(1)) {
    if (top === undefined || !top.checkIssued(next)) break;
    top = next;
  }
  return top;
}

const MAX_NAMES = 8;

/** `a.example, b.example and 12 more`. */
function namesOf({ subjectAltName }: X509Certificate): string {
  if (subjectAltName === undefined) return "no name at all (it has no subjectAltName)";
  const names = subjectAltName.replaceAll(/DNS:|IP Address:/g, "").split(", ");
  const shown = names.slice(0, MAX_NAMES).join(", ");
  return names.length > MAX_NAMES ? `${shown} and ${names.length - MAX_NAMES} more` : shown;
}

/** `2026-11-25 20:30 UTC`. */
function day(date: string): string {
  const time = new Date(date);
  if (Number.isNaN(time.getTime())) return date;
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function oneLine(name: string): string {
  return name.replaceAll("\n", ", ");
}
