import { X509Certificate } from "node:crypto";
import { isIPv6 } from "node:net";

/** A certificate as people and programs are told of it. */
export interface CertificateDetails {
  readonly subject: string;
  readonly issuer: string;
  readonly isSelfSigned: boolean;
  /** subjectAltName, without the kinds. */
  readonly names: readonly string[];
  /** ISO 8601; as in the certificate where that is no date. */
  readonly validFrom: string;
  readonly validTo: string;
  /** extendedKeyUsage: known ones by name, others as OIDs; empty where there is no limit. */
  readonly purposes: readonly string[];
  /** `EC prime256v1`, `RSA 2048 bits`. */
  readonly key: string;
  readonly serial: string;
  /** Of the whole certificate, hexadecimal with colons. */
  readonly sha256: string;
}

/** Reads a certificate. `der` came from a server: what is shown must be made printable. */
export function certificateDetails(der: Uint8Array): CertificateDetails {
  const certificate = new X509Certificate(der);
  const { subject, issuer, subjectAltName, keyUsage } = certificate;
  return {
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    isSelfSigned: subject === issuer,
    names: (subjectAltName ?? "")
      .split(", ")
      .map((name) => shortAddress(name.replace(/^(?:DNS|IP Address):/, "")))
      .filter((name) => name !== ""),
    validFrom: isoDate(certificate.validFrom),
    validTo: isoDate(certificate.validTo),
    // Node's types say string[], its documentation too; a certificate without any gives undefined.
    purposes: ((keyUsage as readonly string[] | undefined) ?? []).map(
      (oid) => PURPOSES[oid] ?? oid,
    ),
    key: keyText(certificate),
    serial: certificate.serialNumber,
    sha256: certificate.fingerprint256,
  };
}

const PURPOSES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.3": "codeSigning",
  "1.3.6.1.5.5.7.3.4": "emailProtection",
  "2.5.29.37.0": "any",
};

/** OpenSSL writes an IPv6 address in full. */
function shortAddress(name: string): string {
  return isIPv6(name) ? new URL(`http://[${name}]/`).hostname.slice(1, -1) : name;
}

function keyText(certificate: X509Certificate): string {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
    const kind = (asymmetricKeyType ?? "unknown").toUpperCase();
    const { namedCurve, modulusLength } = asymmetricKeyDetails ?? {};
    if (namedCurve !== undefined) return `${kind} ${namedCurve}`;
    return modulusLength === undefined ? kind : `${kind} ${modulusLength} bits`;
  } catch {
    return "of an unknown kind";
  }
}

/** A distinguished name on one line; a certificate may have an empty one. */
export function oneLine(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ", ");
}

function isoDate(date: string): string {
  const time = new Date(date);
  return Number.isNaN(time.getTime()) ? date : time.toISOString();
}

/** A date of a certificate, `2026-11-25 20:30 UTC`; as it is where it makes no sense. */
export function dayText(date: string): string {
  const time = new Date(date);
  if (Number.isNaN(time.getTime())) return date;
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
