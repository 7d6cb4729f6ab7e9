import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { listen, type QuicServer, unavailable } from "ngtcp2-napi";
import { makeCertificates } from "../../packages/ngtcp2-napi/test/certificates.ts";
import { SmbClient, TimeoutError } from "../../src/core/index.ts";
import { CipherId, Command } from "../../src/core/smb2/constants.ts";
import { type QuicOptions, quicTransport } from "../../src/transports/quic/quic-transport.ts";
import { FakeServer } from "../support/fake-server.ts";
import { type Finished, runSmbx } from "../support/program.ts";
import { serverEnd } from "../support/quic-server-end.ts";

/** No smbd speaks QUIC without a kernel module, and behind a relay it sees TCP: here one does. */
describe("a server that ends QUIC itself", { skip: unavailable() ?? false }, () => {
  const { ca, server: identity } = makeCertificates();
  const folder = mkdtempSync(join(tmpdir(), "smbx-protection-"));
  let endpoint: QuicServer;
  let server: FakeServer;

  before(() => {
    writeFileSync(join(folder, "ca.pem"), ca);
    endpoint = listen({ host: "127.0.0.1", alpn: "smb", ...identity }, (connection) =>
      server.accept(serverEnd(connection)),
    );
  });
  after(async () => {
    await endpoint.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The program, with the CA and these options. */
  const showConnect = (...options: readonly string[]): Promise<Finished> => {
    const port = endpoint.address?.port ?? 0;
    return runSmbx([
      ...["//localhost/share", "-I", "127.0.0.1", "-U", "LAB/anna%secret", "--explain"],
      ...["--transport", `quic:${port}`, "--quic-ca", join(folder, "ca.pem")],
      ...[...options, "-c", "showconnect"],
    ]);
  };

  const open = (quic: QuicOptions = {}, timeoutMs = 20_000): Promise<SmbClient> =>
    SmbClient.connect(
      { host: "localhost", address: "127.0.0.1" },
      {
        transports: [quicTransport({ ca: [ca], systemCa: false, ...quic })],
        order: [{ kind: "quic", port: endpoint.address?.port ?? 0 }],
        credentials: { kind: "password", username: "anna", domain: "LAB", password: "secret" },
        encryptsOverQuic: false,
        protection: "encrypt",
        timeoutMs,
      },
    );

  it("protects everything by TLS where both agree and the certificate was checked", async () => {
    server = new FakeServer({ negotiateContexts: accepting(true) });
    await using client = await open();
    assert.equal(client.connection.usesTransportSecurity, true);
    assert.deepEqual([client.session.isEncrypted, client.session.isSigned], [false, false]);
    await client.connectTree("share");
  });

  it("is not trusted with it where only the issuer was checked, or nothing", async () => {
    for (const verify of ["ca", "none"] as const) {
      server = new FakeServer({
        cipher: CipherId.AES_128_GCM,
        negotiateContexts: accepting(false),
      });
      await using client = await open({ verify });
      assert.equal(client.connection.usesTransportSecurity, false);
      assert.equal(client.session.isEncrypted, true);
      server = new FakeServer({ negotiateContexts: accepting(true) });
      await assert.rejects(open({ verify }), /which was not offered/);
    }
  });

  it("is shown by the program, which asks for it by an option or by smb.conf only", async () => {
    const agreed = { negotiateContexts: accepting(true) };
    for (const option of [
      "--quic-smb-encryption=no",
      "--option=client smb encryption over quic=no",
    ]) {
      server = new FakeServer(agreed);
      const { status, stdout, stderr } = await showConnect(option, "--client-protection=encrypt");
      assert.equal(status, 0, stderr);
      assert.match(stdout, /, quic 127\.0\.0\.1:\d+ \(TLS 1\.3, .*protected by TLS/);
      assert.match(stderr, /^signing: protected by TLS\nencryption: protected by TLS$/m);
    }
    server = new FakeServer();
    const byDefault = await showConnect();
    assert.match(byDefault.stdout, /signed \(AES-128-GMAC\)/);
    server = new FakeServer(agreed);
    assert.match(
      (await showConnect("--quic-verify=ca", "--quic-smb-encryption=no")).stderr,
      /was not offered/,
    );
  });

  it("counts as dead when it is silent, however lively its QUIC is", async () => {
    server = new FakeServer({ negotiateContexts: accepting(true) });
    await using client = await open({}, 400);
    server.on(Command.TREE_CONNECT, () => {}).on(Command.ECHO, () => {});
    await assert.rejects(client.connectTree("share"), (error) => {
      assert.ok(error instanceof TimeoutError);
      assert.match(error.message, /has been silent for .* \(waiting for the answer to/);
      return true;
    });
    // It was asked for a sign of life, and QUIC acknowledged that.
    assert.ok(server.requestsOf(Command.ECHO).length > 0);
  });
});

function accepting(isAccepted: boolean) {
  return [
    { kind: "preauth-integrity", hashAlgorithms: [1], salt: new Uint8Array(32) },
    { kind: "signing", signingAlgorithms: [2] },
    { kind: "encryption", ciphers: [CipherId.AES_128_GCM] },
    ...(isAccepted ? [{ kind: "transport", flags: 1 } as const] : []),
  ] as const;
}
