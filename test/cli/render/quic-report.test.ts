import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { CertificateAuthority } from "../../../packages/ngtcp2-napi/test/certificates.ts";
import { certificateDetails } from "../../../src/cli/render/certificate.ts";
import { formatQuicReport, quicReportJson } from "../../../src/cli/render/quic-report.ts";
import { DialFailure } from "../../../src/core/index.ts";
import type { QuicReport } from "../../../src/transports/index.ts";

const authority = new CertificateAuthority("CA \u001b[31m");
const own = new X509Certificate(authority.issue().cert).raw;
const root = new X509Certificate(authority.root.cert).raw;
authority.dispose();

const good: QuicReport = {
  ...{ name: "nas", endpoint: "192.0.2.1:443", failure: undefined, problems: [] },
  ...{ problemWords: "", provider: "ngtcp2 1.11.0", remark: "kernel QUIC: not there" },
  chain: [own, root],
  connection: {
    ...{ alpn: "smb", rttMs: 0.42, asksForCertificate: false },
    security: {
      ...{ protocol: "TLS 1.3", carrier: "QUIC version 1", cipher: "AES", group: "X25519" },
      ...{ verification: "strict", peerCertificates: [own, root] },
    },
  },
};

function judged(verification: "strict" | "ca" | "none", problemWords: string): QuicReport {
  const { connection } = good;
  assert.ok(connection !== undefined);
  const security = { ...connection.security, verification };
  return { ...good, problemWords, connection: { ...connection, security } };
}

function failed(reason: "certificate" | "configuration" | "timeout"): QuicReport {
  const failure = new DialFailure("192.0.2.1:443", "why", { reason });
  return { ...good, failure, chain: [], connection: undefined };
}

function row(report: QuicReport, label: string, now?: number): string | undefined {
  const text = formatQuicReport("nas", report, now);
  return new RegExp(`^  ${label} +(.*)$`, "m").exec(text)?.[1];
}

describe("the report of quic-check", () => {
  it("has a verdict for every outcome", () => {
    assert.equal(row(good, "verdict"), "accepted");
    assert.match(row(judged("ca", ""), "verdict") ?? "", /^accepted; .* but not its name/);
    assert.match(row(judged("none", ""), "verdict") ?? "", /would have passed$/);
    const careless = row(judged("none", "is revoked"), "verdict") ?? "";
    assert.match(careless, /only because .* the server's certificate is revoked$/);
    assert.equal(row(failed("certificate"), "verdict"), "refused: why");
    assert.equal(row(failed("timeout"), "verdict"), "not reached: why");
    assert.equal(row(failed("configuration"), "verdict"), "not tried: why");
  });

  it("shows every certificate, and nothing that a terminal obeys", () => {
    const text = formatQuicReport("nas", good);
    assert.match(text, /^certificate 1 of 2$/m);
    assert.match(text, /^certificate 2 of 2$/m);
    assert.ok(!text.includes("\u001b"));
    assert.match(row(good, "issuer") ?? "", /^CN=CA .*31m/);
  });

  it("counts the days", () => {
    const { validFrom, validTo } = certificateDetails(own);
    const day = 86_400_000;
    const at = (time: number): string => row(good, "valid", time)?.split(", ")[1] ?? "";
    assert.equal(at(Date.parse(validFrom) - 1), "not yet");
    assert.equal(at(Date.parse(validTo) - 2.5 * day), "2 days left");
    assert.equal(at(Date.parse(validTo) - 1), "less than a day left");
    assert.equal(at(Date.parse(validTo) + 1.5 * day), "expired 1 day ago");
  });

  it("has words for programs", () => {
    const json = (report: QuicReport): Record<string, unknown> => ({
      ...quicReportJson("nas", report),
    });
    assert.equal(json(good)["verdict"], "accepted");
    assert.equal(json(judged("none", "is revoked"))["verdict"], "unchecked");
    assert.equal(
      json(judged("none", "is revoked"))["reason"],
      "the server's certificate is revoked",
    );
    assert.equal(json(failed("certificate"))["verdict"], "refused");
    assert.equal(json(failed("configuration"))["verdict"], "misconfigured");
    assert.equal(json(failed("timeout"))["verdict"], "unreachable");
    assert.equal(json(failed("timeout"))["tls"], null);
    assert.equal(json(good)["kernelQuic"], "not there");
  });
});
