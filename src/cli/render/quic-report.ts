import type { DialFailure } from "../../core/index.ts";
import type { QuicReport } from "../../transports/index.ts";
import { hintsFor } from "../quic-hints.ts";
import { type CertificateDetails, certificateDetails, dayText } from "./certificate.ts";
import { formatRtt, tlsJson } from "./connection.ts";
import { printable } from "./printable.ts";

const COLUMN = 20;
const DAY_MS = 86_400_000;

/** What `quic-check` tells a person about the server that was called `server`. */
export function formatQuicReport(
  server: string,
  report: QuicReport,
  now: number = Date.now(),
): string {
  const rows: Row[] = [
    ["verdict", verdictWords(report)],
    ...hintsFor(report.failure?.problems ?? []).map((hint): Row => ["what helps", hint]),
    ...connectionRows(report),
    ["QUIC by", report.provider],
    ...(report.remark === undefined ? [] : [splitRemark(report.remark)]),
  ];
  const { chain } = report;
  const certificates = chain.map((der, index) => {
    const title =
      chain.length === 1 ? "certificate" : `certificate ${index + 1} of ${chain.length}`;
    return `${title}\n${table(certificateRows(certificateDetails(der), now))}`;
  });
  const name = report.name === server ? "" : ` as ${report.name}`;
  const title = printable(`${server}${name}, QUIC at ${report.endpoint}`);
  return `${title}\n${table(rows)}${certificates.join("")}`;
}

type Row = readonly [label: string, text: string];

function table(rows: readonly Row[]): string {
  return rows.map(([label, text]) => `  ${label.padEnd(COLUMN)}${printable(text)}\n`).join("");
}

function verdictWords(report: QuicReport): string {
  const { failure, connection, problemWords } = report;
  if (failure !== undefined) return `${VERDICTS[verdictOf(failure)]}: ${failure.words}`;
  switch (connection?.security.verification) {
    case "ca":
      return "accepted; the certificate is checked, but not its name (--quic-verify=ca)";
    case "none":
      return problemWords === ""
        ? "accepted; a check, which is turned off, would have passed"
        : `accepted only because checks are turned off: ${certificateWords(report)}`;
    default:
      return "accepted";
  }
}

function certificateWords({ problemWords }: QuicReport): string | null {
  return problemWords === "" ? null : `the server's certificate ${problemWords}`;
}

type Verdict = "refused" | "unreachable" | "misconfigured";

const VERDICTS: Readonly<Record<Verdict, string>> = {
  refused: "refused",
  unreachable: "not reached",
  misconfigured: "not tried",
};

function verdictOf({ reason, problems }: DialFailure): Verdict {
  if (reason === "configuration") return "misconfigured";
  const isRefusal =
    reason === "certificate" || reason === "identity" || problems.includes("no-smb");
  return isRefusal ? "refused" : "unreachable";
}

function connectionRows({ connection, failure }: QuicReport): readonly Row[] {
  if (connection === undefined) return [];
  const { security, alpn, rttMs, asksForCertificate } = connection;
  const asks = asksForCertificate ? "asked for" : "not asked for";
  return [
    ["protocol", `${security.carrier}, ALPN ${alpn}`],
    ["TLS", `${security.protocol}, ${security.cipher}, ${security.group}`],
    ["round trip", formatRtt(rttMs)],
    // Who is turned away by our own check has not come as far as that.
    ...(failure === undefined || asksForCertificate ? [["client certificate", asks] as const] : []),
  ];
}

/** `kernel QUIC: not supported …` as a row. */
function splitRemark(remark: string): Row {
  const [label = "", ...words] = remark.split(": ");
  return [label, words.join(": ")];
}

function certificateRows(details: CertificateDetails, now: number): readonly Row[] {
  const { subject, issuer, isSelfSigned, names, purposes, validFrom, validTo } = details;
  return [
    ["subject", subject === "" ? "none" : subject],
    ["names", names.length === 0 ? "none" : names.join(", ")],
    ["issuer", isSelfSigned ? `${issuer} (self-signed)` : issuer],
    ["valid", `${dayText(validFrom)} to ${dayText(validTo)}, ${remaining(details, now)}`],
    ["purpose", purposes.length === 0 ? "any" : purposes.join(", ")],
    ["key", details.key],
    ["serial", details.serial],
    ["SHA-256", details.sha256],
  ];
}

function remaining({ validFrom, validTo }: CertificateDetails, now: number): string {
  const start = Date.parse(validFrom);
  const end = Date.parse(validTo);
  if (now < start) return "not yet";
  return now > end ? `expired ${days(now - end)} ago` : `${days(end - now)} left`;
}

function days(ms: number): string {
  const count = Math.floor(ms / DAY_MS);
  if (count === 0) return "less than a day";
  return count === 1 ? "1 day" : `${count} days`;
}

/** The same for programs; documented in docs/json.md. */
export function quicReportJson(server: string, report: QuicReport): object {
  const { failure, connection } = report;
  const isUnchecked = connection?.security.verification === "none";
  const passed = isUnchecked ? "unchecked" : "accepted";
  return {
    server,
    name: report.name,
    address: report.endpoint,
    verdict: failure === undefined ? passed : verdictOf(failure),
    reason: failure?.words ?? certificateWords(report),
    problems: failure === undefined ? report.problems : failure.problems,
    tls: tlsJson(connection?.security),
    alpn: connection?.alpn ?? null,
    rttMs: connection?.rttMs ?? null,
    asksForCertificate: connection?.asksForCertificate ?? null,
    chain: report.chain.map(certificateDetails),
    provider: report.provider,
    kernelQuic: report.remark === undefined ? null : splitRemark(report.remark)[1],
  };
}
