import { X509Certificate } from "node:crypto";
import type { SmbClient, Transport, TransportSecurity, Tree } from "../../core/index.ts";
import { dayText, oneLine } from "./certificate.ts";

/** Instead of signing and encryption, where the server agreed to leave them to QUIC. */
export const PROTECTED_BY_TLS = "protected by TLS";

type Wire = Pick<Transport, "kind" | "remoteAddress" | "security" | "rttMs">;

/**
 * What a share is reached by, in one line: `SMB 3.1.1, quic 192.0.2.1:443 (TLS 1.3,
 * TLS_AES_128_GCM_SHA256, round trip 0.4 ms), signed (AES-128-GMAC)`.
 */
export function connectionText({ connection }: SmbClient, tree: Tree): string {
  const { session } = tree;
  const cipher = connection.cipher ?? "unknown";
  const protection = [
    session.isEncrypted ? `encrypted (${cipher})` : "",
    tree.isEncrypted && !session.isEncrypted ? `share encrypted (${cipher})` : "",
    session.isSigned && !session.isEncrypted ? `signed (${connection.signingAlgorithm})` : "",
  ].filter((part) => part !== "");
  if (connection.usesTransportSecurity) protection.push(PROTECTED_BY_TLS);
  if (protection.length === 0) protection.push("neither signed nor encrypted");
  return [`SMB ${connection.dialectName}`, wireText(connection.transport), ...protection].join(
    ", ",
  );
}

/** `tcp 192.0.2.1:445`, `quic 192.0.2.1:443 (TLS 1.3, TLS_AES_128_GCM_SHA256, round trip 0.4 ms)`. */
export function wireText({ kind, remoteAddress, security, rttMs }: Wire): string {
  const details = [
    ...(security === undefined ? [] : [security.protocol, security.cipher]),
    ...(security?.verification === "none" ? ["certificate not checked"] : []),
    ...(rttMs === undefined ? [] : [`round trip ${formatRtt(rttMs)}`]),
  ];
  const place = `${kind} ${remoteAddress}`;
  return details.length === 0 ? place : `${place} (${details.join(", ")})`;
}

/** What is below SMB, a line for each thing, for `--explain`; none where there is nothing to tell. */
export function wireLines({ security, rttMs }: Wire): readonly string[] {
  if (security === undefined) return [];
  const { carrier, protocol, cipher, group } = security;
  const rtt = rttMs === undefined ? [] : [`round trip ${formatRtt(rttMs)}`];
  return [
    `transport: ${[carrier, protocol, cipher, group, ...rtt].join(", ")}`,
    `certificate: ${certificateText(security)}`,
  ];
}

/** `0.42 ms`, `23 ms`. */
export function formatRtt(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`;
}

const CHECKED: Readonly<Record<TransportSecurity["verification"], string>> = {
  strict: "checked",
  ca: "checked, but not its name",
  none: "not checked",
};

function certificateText({ peerCertificates, verification }: TransportSecurity): string {
  const [der] = peerCertificates;
  if (der === undefined) return `none was shown, ${CHECKED[verification]}`;
  const { subject, issuer, validTo } = new X509Certificate(der);
  const by = issuer === subject ? "self-signed" : `issued by ${oneLine(issuer)}`;
  const name = oneLine(subject) === "" ? "without a subject" : oneLine(subject);
  return `${name}, ${by}, valid until ${dayText(validTo)}, ${CHECKED[verification]}`;
}

/** The same for programs; documented in docs/json.md. */
export function connectionJson({ connection }: SmbClient, tree: Tree): object {
  const { transport } = connection;
  const { session } = tree;
  const isEncrypted = session.isEncrypted || tree.isEncrypted;
  return {
    transport: transport.kind,
    address: transport.remoteAddress,
    dialect: connection.dialectName,
    signing: session.isSigned && !session.isEncrypted ? connection.signingAlgorithm : null,
    encryption: isEncrypted ? (connection.cipher ?? null) : null,
    tls: tlsJson(transport.security),
    rttMs: transport.rttMs ?? null,
  };
}

/** What protects a wire, or null. */
export function tlsJson(security: TransportSecurity | undefined): object | null {
  if (security === undefined) return null;
  const { carrier, protocol, cipher, group, verification } = security;
  return { version: protocol, carrier, cipher, group, verification };
}
