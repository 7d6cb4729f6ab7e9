import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { makeCertificates } from "../../../packages/ngtcp2-napi/test/certificates.ts";
import {
  connectionJson,
  connectionText,
  formatRtt,
  wireLines,
  wireText,
} from "../../../src/cli/render/connection.ts";
import type { SmbClient, TransportSecurity, Tree } from "../../../src/core/index.ts";

const { server } = makeCertificates();

const security: TransportSecurity = {
  ...{ protocol: "TLS 1.3", carrier: "QUIC version 1", cipher: "TLS_AES_128_GCM_SHA256" },
  ...{ group: "X25519", verification: "strict" },
  peerCertificates: [new X509Certificate(server.cert).raw],
};
const quic = { kind: "quic", remoteAddress: "192.0.2.1:443", security, rttMs: 0.4249 } as const;
const tcp = { kind: "tcp", remoteAddress: "192.0.2.1:445" } as const;

function connected(transport: typeof quic | typeof tcp, usesTransportSecurity = false) {
  const algorithms = { cipher: "AES-128-GCM", signingAlgorithm: "AES-128-GMAC" };
  const connection = { dialectName: "3.1.1", ...algorithms, transport, usesTransportSecurity };
  const session = { isSigned: !usesTransportSecurity, isEncrypted: false };
  return [
    { connection } as unknown as SmbClient,
    { session, isEncrypted: false } as unknown as Tree,
  ] as const;
}

describe("a connection", () => {
  it("over TCP has its address", () => {
    assert.equal(wireText(tcp), "tcp 192.0.2.1:445");
    assert.deepEqual(wireLines(tcp), []);
    assert.deepEqual(connectionJson(...connected(tcp)), {
      ...{ transport: "tcp", address: "192.0.2.1:445", dialect: "3.1.1" },
      ...{ signing: "AES-128-GMAC", encryption: null, tls: null, rttMs: null },
    });
  });

  it("over QUIC has TLS, a cipher and a round-trip time", () => {
    const wire = "quic 192.0.2.1:443 (TLS 1.3, TLS_AES_128_GCM_SHA256, round trip 0.42 ms)";
    assert.equal(wireText(quic), wire);
    const text = connectionText(...connected(quic));
    assert.equal(text, `SMB 3.1.1, ${wire}, signed (AES-128-GMAC)`);
    assert.equal(connectionText(...connected(quic, true)), `SMB 3.1.1, ${wire}, protected by TLS`);
    assert.deepEqual(connectionJson(...connected(quic)), {
      ...{ transport: "quic", address: "192.0.2.1:443", dialect: "3.1.1" },
      ...{ signing: "AES-128-GMAC", encryption: null },
      tls: {
        ...{ version: "TLS 1.3", carrier: "QUIC version 1", cipher: "TLS_AES_128_GCM_SHA256" },
        ...{ group: "X25519", verification: "strict" },
      },
      rttMs: 0.4249,
    });
  });

  it("says where nothing was checked", () => {
    const careless = { ...security, verification: "none" } as const;
    assert.match(
      wireText({ ...quic, security: careless }),
      /, certificate not checked, round trip/,
    );
    assert.match(wireLines({ ...quic, security: careless })[1] ?? "", /, not checked$/);
  });

  it("is explained with its certificate", () => {
    const [transport, certificate] = wireLines(quic);
    const agreed = "QUIC version 1, TLS 1.3, TLS_AES_128_GCM_SHA256, X25519";
    assert.equal(transport, `transport: ${agreed}, round trip 0.42 ms`);
    assert.match(
      certificate ?? "",
      /^certificate: CN=localhost, issued by CN=Test CA, valid until 20\d\d-\d\d-\d\d \d\d:\d\d UTC, checked$/,
    );
  });

  it("has a round-trip time with as many digits as matter", () => {
    assert.deepEqual([0.0449, 9.994, 23.4].map(formatRtt), ["0.04 ms", "9.99 ms", "23 ms"]);
  });
});
