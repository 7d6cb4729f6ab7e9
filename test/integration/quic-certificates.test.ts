import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { unavailable } from "ngtcp2-napi";
import {
  CertificateAuthority,
  type Identity,
} from "../../packages/ngtcp2-napi/test/certificates.ts";
import { late, TcpPort } from "../support/blocked-tcp.ts";
import { type Finished, runSmbx } from "../support/program.ts";
import {
  type CertificateCase,
  certificateCases,
  DATE,
  PASSPHRASE,
} from "../support/quic-certificate-cases.ts";
import { QuicRelay } from "../support/quic-relay.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

describe("certificates of SMB over QUIC", {
  skip: unavailable() ?? sambaUnavailable() ?? false,
}, () => {
  const authority = new CertificateAuthority();
  const stranger = new CertificateAuthority("Stranger");
  let samba: Samba;
  let folder: string;

  before(async () => {
    samba = await startSamba();
    folder = mkdtempSync(join(tmpdir(), "smbx-certificates-"));
    const write = (name: string, { cert, key }: Identity): void => {
      writeFileSync(join(folder, `${name}.pem`), cert);
      writeFileSync(join(folder, `${name}.key`), key);
    };
    writeFileSync(join(folder, "ca.pem"), authority.root.cert);
    write("client", authority.issue({ purpose: "clientAuth" }));
    write("stranger", stranger.issue({ purpose: "clientAuth" }));
    const seal = ["pkcs8", "-topk8", "-passout", `pass:${PASSPHRASE}`];
    const sealed = execFileSync("openssl", [...seal, "-in", join(folder, "client.key")]);
    writeFileSync(join(folder, "sealed.key"), sealed);
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const each of [authority, stranger]) each.dispose();
    await samba.stop();
  });

  /** Runs smbx against a relay that has the certificate of `each`. */
  async function meet(
    each: CertificateCase,
    run: (port: number, options: readonly string[]) => Promise<void>,
  ): Promise<void> {
    const identity = authority.issue(each.certificate);
    writeFileSync(join(folder, "server.pem"), identity.cert);
    writeFileSync(join(folder, "crl.pem"), authority.revoke(identity));
    const tcp = { tcpPort: samba.port, tcpHost: samba.host };
    const server = { ca: authority.root.cert, ...each.server } as { ca: string };
    await using relay = new QuicRelay({ ...identity, ...tcp, ...server });
    const options = (each.options ?? []).map((word) => word.replace("@", `${folder}/`));
    await run(relay.port, options);
  }

  const login = (): string[] => ["-U", `${samba.username}%${samba.password}`, "-I", "127.0.0.1"];

  const endOf = ({ status, stdout, stderr }: Finished): unknown[] => [status, stdout, stderr];

  function hidesSecrets({ stdout, stderr }: Finished): void {
    assert.doesNotMatch(stdout + stderr, new RegExp(`${PASSPHRASE}|PRIVATE KEY|${samba.password}`));
  }

  for (const each of certificateCases) {
    const { what, host = "localhost", environment: env = {}, status, words, verdict } = each;
    it(`are judged: ${what}`, () =>
      meet(each, async (port, options) => {
        const wire = ["--transport", `quic:${port}`, ...options];
        const ran = await runSmbx([`//${host}/share`, ...login(), ...wire, "-c", "showconnect"], {
          env,
        });
        assert.equal(ran.status, status, ran.stdout + ran.stderr);
        if (words === undefined) assert.equal(ran.stderr, "");
        else assert.match(ran.stderr, words);
        if (status === 0) assert.match(ran.stdout, /quic 127\.0\.0\.1:\d+ \(TLS 1\.3, TLS_/);
        hidesSecrets(ran);
        const check = ["quic-check", "--json", "-I", "127.0.0.1", `${host}:${port}`, ...options];
        const checked = await runSmbx(check, { env });
        assert.equal(checked.status, status, checked.stdout + checked.stderr);
        assert.equal(checked.stderr, "");
        const report = JSON.parse(checked.stdout) as { verdict: string; reason: string | null };
        assert.equal(report.verdict, verdict ?? "accepted");
        hidesSecrets(checked);
      }));
  }

  it("are no matter where TCP works", () =>
    meet({ what: "", status: 0 }, async (port) => {
      const wire = ["--transport", `tcp:${samba.port},quic:${port}`];
      const broken = ["--quic-ca=/no/such", "--option=tls crlfile=/nor/this"];
      const options = [...login(), ...wire, ...broken, "-c", "showconnect"];
      const { status, stdout, stderr } = await runSmbx(["//localhost/share", ...options]);
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
      assert.match(stdout, /, tcp /);
    }));

  it("are told beside the failure of TCP, and of higher rank", () =>
    meet({ what: "", status: 0 }, async (port) => {
      const wire = ["--transport", `tcp:1,quic:${port}`, "-c", "showconnect"];
      const { status, stderr } = await runSmbx(["//localhost/share", ...login(), ...wire]);
      assert.equal(status, 8);
      assert.match(stderr, /tcp .*:1: connection refused.*; quic .*certificate was issued by/);
      const json = ["ls", "--json", "//localhost/share", ...login(), ...wire.slice(0, 2)];
      const { stdout } = await runSmbx(json);
      const { code, problems } = JSON.parse(stdout) as Record<string, unknown>;
      assert.deepEqual([code, problems], ["ERR_SMB_DIAL", ["unknown-issuer"]]);
    }));

  it("that are refused do not lead to TCP, unless that is preferred: then with a warning", () =>
    meet({ what: "", status: 0 }, async (quic) => {
      const run = (tcp: number, order: (tcp: string, quic: string) => string, env = {}) => {
        const wire = ["--transport", order(`tcp:${tcp}`, `quic:${quic}`)];
        return runSmbx(["//localhost/share", ...login(), ...wire, "-c", "showconnect"], { env });
      };
      const strict = await run(samba.port, (tcp, first) => `${first},${tcp}`);
      assert.equal(strict.status, 8, strict.stderr);
      assert.match(strict.stderr, /certificate was issued by .*; tcp: not used, because over quic/);
      assert.equal(strict.stdout, "");
      await using slow = await TcpPort.open(late(samba.port, 1500));
      const careless = await run(slow.number, (first, other) => `${first},${other}`);
      assert.equal(careless.status, 0, careless.stderr);
      assert.match(careless.stdout, /, tcp /);
      assert.match(
        careless.stderr,
        /^smbx: warning: quic was refused: .*certificate was issued by .*; connected over tcp instead\n$/,
      );
    }));

  it("of a trusted CA do not do for a server without a name", () =>
    meet({ what: "", status: 0 }, async (port) => {
      const options = [...login(), "--quic-ca", join(folder, "ca.pem"), "-c", "showconnect"];
      const wire = ["--transport", `quic:${port}`];
      const nameless = await runSmbx(["//./share", ...wire, ...options]);
      assert.equal(nameless.status, 3);
      assert.match(nameless.stderr, /no certificate can have the name "\."/);
      const renamed = ["//localhost/share", ...wire, ...options, "--quic-server-name=."];
      assert.equal((await runSmbx(renamed)).status, 2);
      const checked = await runSmbx(["quic-check", "-I127.0.0.1", `.:${port}`, ...options]);
      assert.equal(checked.status, 2);
    }));

  it("are not asked for by address", async () => {
    const options = [...login(), "--transport=quic", "-c", "showconnect"];
    const { status, stderr } = await runSmbx(["//127.0.0.1/share", ...options]);
    assert.equal(status, 3);
    assert.match(stderr, /127\.0\.0\.1 is an address\n {2}--quic-server-name=NAME/);
    const check = await runSmbx(["quic-check", "127.0.0.1"]);
    assert.equal(check.status, 2);
    assert.match(check.stderr, /127\.0\.0\.1 is an address.*--quic-server-name=NAME/);
  });

  it("as smbclient come from smb.conf, with its words and nothing besides", () =>
    meet({ what: "", status: 0 }, async (port) => {
      const conf = join(folder, "smb.conf");
      const transports = `client smb transports = quic:${port}`;
      const env = { SMBX_COMPAT: "smbclient", SMB_CONF_PATH: conf };
      const run = (...lines: readonly string[]): Promise<Finished> => {
        writeFileSync(conf, ["[global]", transports, ...lines, ""].join("\n"));
        return runSmbx(["//localhost/share", ...login(), "-c", "showconnect"], { env });
      };
      const good = await run(`tls cafile = ${folder}/ca.pem`, "tls verify peer = ca_and_name");
      assert.deepEqual(endOf(good), [0, "//localhost/share\n", ""]);
      const careless = await run("tls verify peer = no_check");
      assert.deepEqual(endOf(careless), [0, "//localhost/share\n", ""]);
      const strict = await run();
      const line =
        "do_connect: Connection to localhost failed (Error NT_STATUS_INVALID_PARAMETER)\n";
      assert.deepEqual(endOf(strict), [1, "", line]);
    }));

  describe("where nobody shows one", () => {
    let silent: Socket;
    before(async () => {
      silent = createSocket("udp4").bind(0, "127.0.0.1");
      await once(silent, "listening");
    });
    after(() => silent.close());

    it("the port is told: nothing listens", async () => {
      const { port } = silent.address();
      const closed = createSocket("udp4").bind(0, "127.0.0.1");
      await once(closed, "listening");
      const free = closed.address().port;
      closed.close();
      const wire = ["--transport", `quic:${free}`, "-c", "showconnect"];
      const ran = await runSmbx(["//localhost/share", ...login(), ...wire]);
      assert.equal(ran.status, 3);
      assert.match(ran.stderr, /connection refused, nothing listens on this UDP port/);
      const check = ["quic-check", "-I", "127.0.0.1", `localhost:${port}`, "-t", "1"];
      const checked = await runSmbx(check);
      assert.equal(checked.status, 3);
      assert.match(
        checked.stdout,
        /verdict +not reached: no answer; UDP may be blocked on the way/,
      );
    });
  });

  it("are shown by quic-check, with all that was agreed on", () =>
    meet({ what: "", status: 0 }, async (port) => {
      const check = ["quic-check", "-I", "127.0.0.1", `localhost:${port}`];
      const { status, stdout } = await runSmbx([...check, `--quic-ca=${folder}/ca.pem`]);
      assert.equal(status, 0);
      for (const line of [
        /^localhost, QUIC at 127\.0\.0\.1:\d+\n/,
        /^ {2}verdict +accepted$/m,
        /^ {2}protocol +QUIC version 1, ALPN smb$/m,
        /^ {2}TLS +TLS 1\.3, TLS_AES_128_GCM_SHA256, X25519$/m,
        /^ {2}round trip +\d+(\.\d+)? ms$/m,
        /^ {2}client certificate +not asked for$/m,
        /^ {2}QUIC by +ngtcp2 [\d.]+, GnuTLS [\d.]+$/m,
        /^ {2}kernel QUIC +\S/m,
        /^certificate\n {2}subject +CN=localhost$/m,
        /^ {2}names +localhost, 127\.0\.0\.1, ::1$/m,
        /^ {2}issuer +CN=Test CA$/m,
        new RegExp(`^  valid +${DATE} to ${DATE}, \\d+ days left$`, "m"),
        /^ {2}SHA-256 +([0-9A-F]{2}:){31}[0-9A-F]{2}$/m,
      ]) {
        assert.match(stdout, line);
      }
      const refusal = await runSmbx(check);
      assert.equal(refusal.status, 8);
      assert.match(
        refusal.stdout,
        /^ {2}verdict +refused: the server's certificate was issued by/m,
      );
      assert.match(refusal.stdout, /^ {2}what helps +--quic-ca=FILE/m);
      assert.match(refusal.stdout, /^ {2}TLS +TLS 1\.3/m);
    }));

  it("and the wire are told by --explain and stat --json", () =>
    meet({ what: "", status: 0 }, async (port) => {
      const wire = ["--transport", `quic:${port}`, `--quic-ca=${folder}/ca.pem`];
      const options = [...login(), ...wire];
      const told = await runSmbx(["ls", "//localhost/share", ...options, "--explain"]);
      assert.equal(told.status, 0);
      for (const line of [
        /^kernel QUIC: /m,
        /^transport: QUIC version 1, TLS 1\.3, TLS_\w+, X25519, round trip [\d.]+ ms$/m,
        /^certificate: CN=localhost, issued by CN=Test CA, valid until .* UTC, checked$/m,
      ]) {
        assert.match(told.stderr, line);
      }
      const { stdout } = await runSmbx(["stat", "--json", "//localhost/share", ...options]);
      const { connection } = JSON.parse(stdout) as { connection: Record<string, unknown> };
      assert.equal(connection["transport"], "quic");
      assert.equal((connection["tls"] as Record<string, unknown>)["version"], "TLS 1.3");
      assert.equal(typeof connection["rttMs"], "number");
    }));
});
