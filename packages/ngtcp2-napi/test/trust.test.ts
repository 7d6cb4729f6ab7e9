import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  type ConnectOptions,
  type ListenOptions,
  QuicError,
  type QuicSession,
  SecureContext,
} from "../lib/index.ts";
import { CertificateAuthority, type Identity } from "./certificates.ts";
import { echo, portOf, scoped, skip } from "./support.ts";

const SYSTEM_STORE = "/etc/ssl/certs/ca-certificates.crt";

describe("trust comes from", { skip }, () => {
  const authority = new CertificateAuthority();
  const stranger = new CertificateAuthority("Stranger");
  const identity = authority.issue();
  let folder: string;
  const path = (name: string): string => join(folder, name);

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "quic-trust-"));
    writeFileSync(path("ca.pem"), authority.root.cert);
    writeFileSync(path("both.pem"), stranger.root.cert + authority.root.cert);
    for (const [name, roots] of [
      ["good", [stranger.root, authority.root]],
      ["bad", [stranger.root]],
    ] as const) {
      mkdirSync(path(name));
      roots.forEach(({ cert }, index) => {
        writeFileSync(path(`${name}/${index}.pem`), cert);
      });
    }
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
    for (const each of [authority, stranger]) each.dispose();
  });

  async function attempt(
    options: Partial<ConnectOptions>,
    server: Identity & Partial<ListenOptions> = identity,
  ): Promise<readonly string[] | undefined> {
    let flags: readonly string[] | undefined;
    await scoped(async (scope) => {
      const listening = scope.listen(echo, server);
      try {
        await scope.connect(portOf(listening), { ca: [], ...options });
      } catch (error) {
        assert.ok(error instanceof QuicError, String(error));
        flags = error.verification?.flags ?? [];
      }
    });
    return flags;
  }

  it("a file, or one of several certificates in it", async () => {
    assert.equal(await attempt({ caFiles: [path("ca.pem")] }), undefined);
    assert.equal(await attempt({ caFiles: [path("both.pem")] }), undefined);
    assert.deepEqual(await attempt({ caFiles: [path("bad/0.pem")] }), ["unknown-issuer"]);
  });

  it("the files of a directory, whatever their names", async () => {
    assert.equal(await attempt({ caDirectories: [path("good")] }), undefined);
    assert.deepEqual(await attempt({ caDirectories: [path("bad")] }), ["unknown-issuer"]);
    assert.throws(
      () => new SecureContext({ caDirectories: [path("none")], systemCa: false }),
      /none/,
    );
  });

  it("the system's store unless that is switched off", (context) => {
    assert.equal(new SecureContext({ systemCa: false }).trusted, 0);
    if (!existsSync(SYSTEM_STORE)) return context.skip(`this system has no ${SYSTEM_STORE}`);
    assert.ok(new SecureContext({}).trusted > 0);
    assert.ok(
      new SecureContext({ ca: authority.root.cert }).trusted > new SecureContext({}).trusted,
    );
  });

  it("nobody where nothing was given", async () => {
    assert.deepEqual(await attempt({}), ["unknown-issuer"]);
  });

  it("no list of revocations that has the certificate, from a file too", async () => {
    const [bad, good] = [authority.issue(), authority.issue()];
    writeFileSync(path("crl.pem"), authority.revoke(bad));
    const options = { ca: authority.root.cert, crlFiles: [path("crl.pem")] };
    assert.deepEqual(await attempt(options, bad), ["revoked"]);
    assert.equal(await attempt(options, good), undefined);
    assert.throws(() => new SecureContext({ crlFiles: [path("nothing")] }), /nothing/);
  });

  it("a client's own certificate in a file's text, with a key that a password protects", async () => {
    const client = authority.issue({ purpose: "clientAuth", names: [], commonName: "alice" });
    const key = authority.protect(client.key, "secret");
    const server = { ...identity, ca: authority.root.cert, clientCertificate: "require" as const };
    const options = { ca: authority.root.cert, cert: client.cert, key };
    assert.equal(await attempt({ ...options, keyPassword: "secret" }, server), undefined);
    assert.throws(
      () => new SecureContext({ ...options, keyPassword: "wrong" }),
      /certificate and its key/,
    );
  });

  it("an earlier session with the same name only", () =>
    scoped(async (scope) => {
      const server = scope.listen(echo, authority.issue({ names: ["DNS:a.test", "DNS:b.test"] }));
      const ca = authority.root.cert;
      const first = await scope.connect(portOf(server), { ca, host: "a.test" });
      const session = await new Promise<QuicSession>((resolve) => first.onSession(resolve));
      for (const [host, resumes] of [
        ["a.test", true],
        ["b.test", false],
      ] as const) {
        const next = await scope.connect(portOf(server), { ca, host, session });
        assert.equal(next.info.isResumed, resumes, host);
        assert.equal(next.info.serverName, host);
      }
    }));
});
