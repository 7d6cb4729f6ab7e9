import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, describe, it } from "node:test";
import type { VerificationFlag } from "ngtcp2-napi";
import {
  CertificateAuthority,
  type CertificateOptions,
} from "../../../packages/ngtcp2-napi/test/certificates.ts";
import { explain } from "../../../src/transports/quic/certificate-words.ts";

const authority = new CertificateAuthority("Example Root");
const issue = (options: CertificateOptions = {}): string => authority.issue(options).cert;
const own = issue();
const root = authority.root.cert;

/** What is said of a chain for `nas`. */
function words(flags: readonly VerificationFlag[], ...chain: readonly string[]): string {
  const ders = chain.map((pem) => new X509Certificate(pem).raw);
  return explain({ isDone: true, isAccepted: false, flags, text: "", chain: ders }, "nas");
}

describe("what is wrong with a certificate", () => {
  after(() => authority.dispose());

  it("is told with the names that it has, up to eight of them", () => {
    const names = Array.from({ length: 10 }, (_, index) => `DNS:n${index}.example`);
    const shown = Array.from({ length: 8 }, (_, index) => `n${index}.example`).join(", ");
    assert.equal(
      words(["name-mismatch"], own),
      "is not for nas, but for localhost, 127.0.0.1, 0:0:0:0:0:0:0:1",
    );
    assert.equal(
      words(["name-mismatch"], issue({ names })),
      `is not for nas, but for ${shown} and 2 more`,
    );
  });

  it("is told of the issuer, be it shown or not", () => {
    const expected = "was issued by CN=Example Root, which is not trusted";
    assert.equal(words(["unknown-issuer"], own), expected);
    assert.equal(words(["unknown-issuer"], own, root), expected);
    assert.equal(words(["unknown-issuer"], root), "is self-signed and not trusted");
  });

  it("is told of the certificate in the chain that it concerns", () => {
    const late = issue({ commonName: "Late", from: -9, until: -2 });
    const early = issue({ commonName: "Early", from: 2, until: 9 });
    const time = String.raw`20\d\d-\d\d-\d\d \d\d:\d\d UTC`;
    assert.match(words(["expired"], late, root), new RegExp(`^expired on ${time}$`));
    assert.match(
      words(["not-yet-valid"], early, root),
      new RegExp(`^is not valid before ${time}$`),
    );
    const by = (name: string): string => `^was issued by CN=${name}, whose own certificate`;
    assert.match(words(["expired"], own, late), new RegExp(`${by("Late")} expired on ${time}$`));
    assert.match(
      words(["not-yet-valid"], own, early),
      new RegExp(`${by("Early")} is not valid before ${time}$`),
    );
  });

  it("is told in full", () => {
    assert.equal(
      words(["unknown-issuer", "purpose-mismatch"], own),
      "was issued by CN=Example Root, which is not trusted, and is not meant for servers (its key usage lacks serverAuth)",
    );
    assert.equal(words(["missing"]), "is missing");
  });
});
