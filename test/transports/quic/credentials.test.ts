import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { CertificateAuthority } from "../../../packages/ngtcp2-napi/test/certificates.ts";
import { CredentialError, readCredentials } from "../../../src/transports/quic/credentials.ts";
import type { QuicOptions } from "../../../src/transports/quic/quic-options.ts";

describe("the files of QUIC", () => {
  const authority = new CertificateAuthority();
  const ours = authority.issue({ purpose: "clientAuth" });
  const others = authority.issue({ purpose: "clientAuth" });
  let folder: string;
  const at = (name: string): string => join(folder, name);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "smbx-quic-"));
    const { cert, key } = ours;
    writeFileSync(at("ca.pem"), `some words before\n${authority.root.cert}`);
    writeFileSync(at("ca.der"), new X509Certificate(authority.root.cert).raw);
    writeFileSync(at("words"), "no certificate here\n");
    writeFileSync(at("damaged.pem"), authority.root.cert.replace(/\n.{20}/, `\n${"A".repeat(20)}`));
    writeFileSync(at("cert.pem"), cert);
    writeFileSync(at("both.pem"), `${key}${cert}${authority.root.cert}`);
    writeFileSync(at("key.pem"), key);
    writeFileSync(at("other.pem"), others.key);
    writeFileSync(at("crl.pem"), authority.revoke(others));
    const seal = ["pkcs8", "-topk8", "-in", at("key.pem"), "-passout", "pass:Tr0ub4dor"];
    writeFileSync(at("sealed.pem"), execFileSync("openssl", seal));
    mkdirSync(at("many"));
    writeFileSync(join(at("many"), "a.pem"), authority.root.cert);
    symlinkSync("a.pem", join(at("many"), "0a1b2c3d.0"));
    writeFileSync(join(at("many"), "README"), "not one\n");
    mkdirSync(at("none"));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
    authority.dispose();
  });

  it("are CA certificates in PEM or DER, and directories of them", async () => {
    const named = { caFiles: [at("ca.pem")], caDirectories: [at("many")], caPaths: [at("ca.der")] };
    const { ca, systemCa, identity } = await readCredentials({ ca: ["given"], ...named });
    assert.equal(systemCa, true);
    assert.equal(identity, undefined);
    const [given, ...read] = ca;
    assert.equal(given, "given");
    // The link to the same certificate does not make it two.
    for (const each of read) {
      assert.equal(new X509Certificate(each).subject, "CN=Test CA");
      assert.ok(String(each).split("-----BEGIN").length <= 2);
    }
    assert.equal(read.length, 3);
    assert.deepEqual(await readCredentials({ caPaths: [at("many")], systemCa: false }), {
      ...{ ca: [authority.root.cert.trim()], crl: [], systemCa: false },
      ...{ identity: undefined, missingIdentity: undefined },
    });
  });

  it("are our certificate and its key, in two files or in one", async () => {
    const two = await readCredentials({ certFile: at("cert.pem"), keyFile: at("key.pem") });
    const one = await readCredentials({ certFile: at("both.pem") });
    assert.equal(two.identity?.cert, ours.cert.trim());
    assert.equal(one.identity?.cert.split("-----BEGIN").length, 3);
    assert.equal(one.identity?.key, two.identity?.key);
    const given = await readCredentials({ cert: ours.cert, key: Buffer.from(ours.key) });
    assert.equal(given.identity?.key, two.identity?.key);
  });

  it("may hold a key that a passphrase opens", async () => {
    const sealed = { certFile: at("cert.pem"), keyFile: at("sealed.pem") };
    const { identity } = await readCredentials({ ...sealed, keyPassphrase: "Tr0ub4dor" });
    assert.match(identity?.key ?? "", /^-----BEGIN PRIVATE KEY-----/);
  });

  const wrong: readonly (readonly [
    what: string,
    options: (at: At) => QuicOptions,
    words: RegExp,
  ])[] = [
    [
      "a CA file that is not there",
      (p) => ({ caFiles: [p("no")] }),
      /^the CA file .*no cannot be read: no such file or directory$/,
    ],
    [
      "one of --quic-ca that is not there",
      (p) => ({ caPaths: [p("no")] }),
      /^the CA file .*no cannot be read/,
    ],
    [
      "a CA file without a certificate",
      (p) => ({ caFiles: [p("words")] }),
      /^the CA file .*words holds no certificate$/,
    ],
    [
      "a key instead of a CA",
      (p) => ({ caFiles: [p("key.pem")] }),
      /^the CA file .*key\.pem holds no certificate$/,
    ],
    [
      "a damaged certificate",
      (p) => ({ caFiles: [p("damaged.pem")] }),
      /^the CA file .*damaged\.pem holds a certificate that is damaged$/,
    ],
    [
      "a directory where a file is meant",
      (p) => ({ caFiles: [p("many")] }),
      /^the CA file .*many cannot be read: illegal operation on a directory$/,
    ],
    [
      "a directory without certificates",
      (p) => ({ caDirectories: [p("none")] }),
      /^the CA directory .*none holds no certificate/,
    ],
    [
      "a directory that is not there",
      (p) => ({ caDirectories: [p("no")] }),
      /^the CA directory .*no cannot be read: no such file/,
    ],
    [
      "no revocation list",
      (p) => ({ crlFiles: [p("ca.pem")] }),
      /^the file .*ca\.pem holds no revocation list/,
    ],
    [
      "a certificate that is none",
      (p) => ({ certFile: p("words"), keyFile: p("key.pem") }),
      /^the file .*words holds no certificate/,
    ],
    [
      "a key that is none",
      (p) => ({ certFile: p("cert.pem"), keyFile: p("words") }),
      /^the file .*words holds no private key/,
    ],
    [
      "a certificate without a key",
      (p) => ({ certFile: p("cert.pem") }),
      /^the file .*cert\.pem holds no private key/,
    ],
    [
      "a key without a certificate",
      (p) => ({ keyFile: p("key.pem") }),
      /^a key without its certificate: .*key\.pem$/,
    ],
    [
      "a key of another certificate",
      (p) => ({ certFile: p("cert.pem"), keyFile: p("other.pem") }),
      /^the key in the file .*other\.pem does not fit the certificate in the file .*cert\.pem$/,
    ],
    [
      "a sealed key",
      (p) => ({ certFile: p("cert.pem"), keyFile: p("sealed.pem") }),
      /^the key in the file .*sealed\.pem is encrypted, and no passphrase was given$/,
    ],
    [
      "a wrong passphrase",
      (p) => ({ certFile: p("cert.pem"), keyFile: p("sealed.pem"), keyPassphrase: "hunter2" }),
      /^the key in the file .*sealed\.pem cannot be opened with this passphrase$/,
    ],
  ];
  for (const [what, options, words] of wrong) {
    it(`are told by name: ${what}`, async () => {
      await assert.rejects(readCredentials(options(at)), (error) => {
        assert.ok(error instanceof CredentialError, String(error));
        assert.match(error.message, words);
        assert.doesNotMatch(`${error.stack}${error.cause}`, /hunter2|PRIVATE KEY-----\n/);
        return true;
      });
    });
  }

  it("of the server's own are done without where nobody asked for them", async () => {
    const options = { certFile: at("cert.pem"), keyFile: at("no"), isIdentityOptional: true };
    const { identity, missingIdentity } = await readCredentials(options);
    assert.equal(identity, undefined);
    assert.match(missingIdentity ?? "", /^the key .*no cannot be read: no such file/);
  });
});

type At = (name: string) => string;
