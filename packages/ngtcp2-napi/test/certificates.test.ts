import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, describe, it } from "node:test";
import {
  type ConnectOptions,
  QuicConnection,
  QuicError,
  SecureContext,
  type VerificationFlag,
} from "../lib/index.ts";
import { native } from "../lib/native.ts";
import { clientOptions } from "../lib/options.ts";
import { CertificateAuthority, type CertificateOptions, type Identity } from "./certificates.ts";
import { echo, portOf, scoped, skip } from "./support.ts";

/** Connects to a server with this certificate; the error, or undefined where all is well. */
async function attempt(
  identity: Identity,
  options: Partial<ConnectOptions>,
): Promise<QuicError | undefined> {
  let failure: QuicError | undefined;
  await scoped(async (scope) => {
    const server = scope.listen(echo, identity);
    try {
      const connection = await scope.connect(portOf(server), options);
      await connection.confirmed;
    } catch (error) {
      assert.ok(error instanceof QuicError, String(error));
      failure = error;
    }
  });
  return failure;
}

describe("certificates", { skip }, () => {
  const authority = new CertificateAuthority();
  const stranger = new CertificateAuthority("Stranger");
  const ca = authority.root.cert;
  after(() => {
    authority.dispose();
    stranger.dispose();
  });

  const good: readonly (readonly [string, CertificateOptions, Partial<ConnectOptions>])[] = [
    ["the right name", {}, {}],
    ["a wildcard", { names: ["DNS:*.example.org"] }, { host: "nas.example.org" }],
    ["an address", { names: ["IP:192.0.2.7"] }, { host: "192.0.2.7" }],
    ["upper case", { names: ["DNS:nas.example.org"] }, { host: "NAS.Example.ORG" }],
    [
      "another name by choice",
      { names: ["DNS:a.example"] },
      { host: "b", serverName: "a.example" },
    ],
    ["a wrong name with verify: ca", { names: ["DNS:other"] }, { verify: "ca" }],
    ["no check at all", { issuer: "self" }, { verify: "none" }],
  ];
  for (const [name, certificate, options] of good) {
    it(`are accepted: ${name}`, async () => {
      const failure = await attempt(authority.issue(certificate), { ca, ...options });
      assert.equal(failure, undefined);
    });
  }

  const bad: readonly (readonly [
    string,
    CertificateOptions,
    readonly VerificationFlag[],
    number,
  ])[] = [
    ["expired", { from: -10, until: -2 }, ["expired"], 45],
    ["not yet valid", { from: 2, until: 9 }, ["not-yet-valid"], 45],
    ["wrong name", { names: ["DNS:other.example"] }, ["name-mismatch"], 46],
    ["a wildcard of another level", { names: ["DNS:*.localhost"] }, ["name-mismatch"], 46],
    ["no subjectAltName", { names: [] }, ["name-mismatch"], 46],
    ["self-signed", { issuer: "self" }, ["unknown-issuer"], 48],
    ["another CA", { issuer: stranger.root }, ["unknown-issuer"], 48],
    ["for clients only", { purpose: "clientAuth" }, ["purpose-mismatch"], 42],
  ];
  for (const [name, certificate, flags, alert] of bad) {
    it(`are refused: ${name}`, async () => {
      const identity = authority.issue(certificate);
      const failure = await attempt(identity, { ca });
      assert.ok(failure !== undefined, "it was accepted");
      assert.deepEqual(failure.verification?.flags, flags);
      assert.equal(failure.tlsAlert, alert);
      assert.equal(failure.isRemote, false);
      const shown = new X509Certificate(failure.verification?.chain[0] ?? assert.fail("no chain"));
      assert.equal(shown.fingerprint256, new X509Certificate(identity.cert).fingerprint256);
    });
  }

  it("are refused: a name where only the address is in it", async () => {
    const failure = await attempt(authority.issue({ names: ["IP:127.0.0.1"] }), { ca });
    assert.deepEqual(failure?.verification?.flags, ["name-mismatch"]);
  });

  it("are refused: no name to check them against", async () => {
    const identity = authority.issue({ names: ["DNS:other.example"] });
    for (const serverName of ["", ".", "\0", "other.example\0.test"]) {
      const named = { ca, serverName };
      await assert.rejects(attempt(identity, named), /TypeError: No certificate can have/);
      assert.equal(await attempt(identity, { ca, serverName, verify: "ca" }), undefined);
    }
  });

  it("are refused by the addon itself where no name reached it", () =>
    scoped(async (scope) => {
      const port = portOf(scope.listen(echo, authority.issue()));
      const local = { address: "0.0.0.0", port: 0, remoteAddress: "127.0.0.1", remotePort: port };
      const options = { host: "localhost", port, alpn: "test" };
      for (const verifyName of ["", "\0localhost", "localhost"]) {
        const endpoint = new (native().Endpoint)(local, () => undefined);
        const settings = clientOptions(options, new SecureContext({ ca }));
        const about = { isServer: false, serverName: "", verify: "full" } as const;
        const nameless = endpoint.connect({ ...settings, verifyName });
        const connection = new QuicConnection(nameless, about);
        const verdict = await connection.whenEstablished().then(
          () => [],
          (error: QuicError) => error.verification?.flags ?? error,
        );
        connection.destroy();
        assert.deepEqual(verdict, verifyName === "localhost" ? [] : ["name-mismatch"]);
      }
    }));

  it("are refused: revoked", async () => {
    const [revoked, fine] = [authority.issue(), authority.issue()];
    const crl = authority.revoke(revoked);
    const failure = await attempt(revoked, { ca, crl });
    assert.deepEqual(failure?.verification?.flags, ["revoked"]);
    assert.equal(failure?.tlsAlert, 44);
    assert.equal(await attempt(fine, { ca, crl }), undefined);
  });

  it("say what is wrong also where nothing is checked", () =>
    scoped(async (scope) => {
      const server = scope.listen(
        echo,
        authority.issue({ names: ["DNS:other"], from: -9, until: -3 }),
      );
      const connection = await scope.connect(portOf(server), { ca, verify: "none" });
      assert.deepEqual(connection.info.verification.flags, ["expired", "name-mismatch"]);
    }));

  it("of clients are asked for and checked", () =>
    scoped(async (scope) => {
      const client = authority.issue({ purpose: "clientAuth", names: [], commonName: "alice" });
      let seen = "";
      const server = scope.listen(
        (connection) => {
          const [der] = connection.info.verification.chain;
          seen = der === undefined ? "nobody" : new X509Certificate(der).subject;
        },
        { ...authority.issue(), ca, clientCertificate: "require" },
      );
      const connection = await scope.connect(portOf(server), { ca, ...client });
      await connection.confirmed;
      assert.equal(seen, "CN=alice");
    }));

  it("of clients may be missing where they are only asked for", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo, { ...authority.issue(), ca, clientCertificate: "request" });
      const connection = await scope.connect(portOf(server), { ca });
      await connection.confirmed;
    }));

  const refusals: readonly (readonly [string, () => Partial<ConnectOptions>, readonly number[]])[] =
    [
      ["missing", () => ({}), [116, 42]],
      ["of another CA", () => stranger.issue({ purpose: "clientAuth" }), [48]],
      ["expired", () => authority.issue({ purpose: "clientAuth", from: -9, until: -3 }), [45]],
    ];
  for (const [name, identity, alerts] of refusals) {
    it(`of clients are refused with an alert: ${name}`, () =>
      scoped(async (scope) => {
        const options = { ...authority.issue(), ca, clientCertificate: "require" as const };
        const server = scope.listen(echo, options);
        const connection = await scope.connect(portOf(server), { ca, ...identity() });
        const error = await connection.closed;
        assert.equal(error?.isRemote, true);
        assert.ok(alerts.includes(error?.tlsAlert ?? -1), `alert ${error?.tlsAlert}`);
      }));
  }

  it("that cannot be read are told at once", () => {
    assert.throws(() => new SecureContext({ ca: "nonsense", systemCa: false }), /CA certificate/);
    assert.throws(() => new SecureContext({ caFiles: ["/no/such/file"] }), /\/no\/such\/file/);
    const { cert } = authority.issue();
    assert.throws(() => new SecureContext({ cert, key: authority.issue().key }), /key/);
    assert.equal(new SecureContext({ ca: [ca, stranger.root.cert], systemCa: false }).trusted, 2);
  });
});
