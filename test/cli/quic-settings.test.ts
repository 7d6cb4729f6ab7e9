import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clientConfig } from "../../src/cli/config/client-config.ts";
import type { TlsConfig } from "../../src/cli/config/tls-config.ts";
import { type Invocation, parseCommandLine } from "../../src/cli/options.ts";
import { smbclientPersonality, smbxPersonality } from "../../src/cli/personality.ts";
import type { QuicArguments } from "../../src/cli/quic-arguments.ts";
import { KEY_PASSPHRASE, quicSettings } from "../../src/cli/quic-settings.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

function parse(...words: readonly string[]): Invocation {
  return parseCommandLine(["//s/h", ...words], smbxPersonality);
}

function given(...words: readonly string[]): QuicArguments | undefined {
  const parsed = parse(...words);
  assert.ok(parsed.kind === "shell", JSON.stringify(parsed));
  return parsed.options.quic;
}

function tls(...lines: readonly string[]): TlsConfig {
  const parameters = lines.map((line) => {
    const [name = "", value = ""] = line.split(" = ");
    return { name, value };
  });
  return clientConfig(parameters, []).tls;
}

describe("the options of QUIC", () => {
  const good: readonly (readonly [words: string, expected: Partial<QuicArguments>])[] = [
    ["--quic-ca a.pem --quic-ca=/etc/ca", { ca: ["a.pem", "/etc/ca"] }],
    ["--quic-cert c.pem --quic-key k.pem", { cert: "c.pem", key: "k.pem" }],
    ["--quic-server-name nas.example", { serverName: "nas.example" }],
    ["--quic-verify strict", { verify: "strict" }],
    ["--quic-verify=CA", { verify: "ca" }],
    ["--quic-verify none --quic-verify ca", { verify: "ca" }],
    ["--quic-smb-encryption=no", { smbEncryption: false }],
    ["--quic-smb-encryption yes", { smbEncryption: true }],
    ["--quic-provider kernel", { provider: "kernel" }],
  ];
  for (const [words, expected] of good) {
    it(`are understood: ${words}`, () => {
      assert.deepEqual(given(...words.split(" ")), { ca: [], ...expected });
    });
  }

  it("are nothing where none was given", () => assert.equal(given(), undefined));

  for (const [words, message] of [
    ["--quic-verify=maybe", "--quic-verify is one of strict, ca, none, not maybe"],
    ["--quic-provider=openssl", "--quic-provider is one of auto, kernel, ngtcp2, not openssl"],
    ["--quic-smb-encryption=maybe", "--quic-smb-encryption is yes or no, not maybe"],
    ["--quic-ca=", "--quic-ca needs a value"],
    ["--quic-ca", "--quic-ca needs a value"],
  ] as const) {
    it(`are refused: ${words}`, () => {
      assert.deepEqual(parse(words), { kind: "wrong", message });
    });
  }

  it("name no server that a certificate cannot name", () => {
    for (const name of [".", "a..b", "\u0000", " "]) {
      const settings = (): unknown => quicSettings(given(`--quic-server-name=${name}`), tls(), {});
      assert.throws(settings, /--quic-server-name: no certificate can have the name/, name);
    }
  });

  it("are unknown to smbclient", () => {
    for (const name of ["ca", "cert", "key", "server-name", "verify", "provider"]) {
      const parsed = parseCommandLine(["//s/h", `--quic-${name}=x`], smbclientPersonality);
      assert.ok(parsed.kind === "wrong" && parsed.option === `--quic-${name}=x`, name);
    }
  });
});

describe("smb.conf about TLS", () => {
  for (const [word, verify] of [
    ["no_check", "none"],
    ["ca_only", "ca"],
    ["ca_and_name_if_available", "strict"],
    ["ca_and_name", "strict"],
    ["as_strict_as_possible", "strict"],
    ["AS_STRICT_AS_POSSIBLE", "strict"],
  ] as const) {
    it(`tls verify peer = ${word}`, () => {
      assert.equal(tls(`tls verify peer = ${word}`).verify, verify);
    });
  }

  for (const [name, value] of [
    ["tls verify peer", "foo"],
    ["tls trust system cas", "perhaps"],
  ] as const) {
    it(`passes over ${name} = ${value} with a warning, and refuses it as an option`, () => {
      const warning = `WARNING: Ignoring invalid value '${value}' for parameter '${name}'`;
      const config = clientConfig([{ name, value }], []);
      assert.deepEqual(config.warnings, [warning]);
      assert.equal(config.tls.verify, undefined);
      const option = { name, value, option: "--option" };
      assert.throws(() => clientConfig([], [option]), UsageError);
    });
  }

  it("names files in the private directory where the path is not absolute", () => {
    assert.equal(tls("tls cafile = tls/ca.pem").caFile, "/var/lib/samba/private/tls/ca.pem");
    assert.equal(tls("private dir = /p", "tls keyfile = k.pem").keyFile, "/p/k.pem");
    assert.equal(tls("tls crlfile = /l.pem").crlFile, "/l.pem");
    assert.equal(tls("tls cafile = /a.pem", "tls cafile = ").caFile, undefined);
    assert.deepEqual(tls("tls ca directories = /a, /b").caDirectories, ["/a", "/b"]);
  });

  it("may choose between the kernel and ngtcp2", () => {
    assert.equal(tls("client smb transport:force_ngtcp2_quic = yes").provider, "ngtcp2");
    assert.equal(tls("client smb transport:allow_ngtcp2_quic = no").provider, "kernel");
    assert.equal(tls().provider, undefined);
  });
});

describe("what QUIC is told", () => {
  const settings = (
    words: readonly string[],
    lines: readonly string[] = [],
    environment: Record<string, string> = {},
  ) => quicSettings(given(...words), tls(...lines), environment);

  it("is to be strict and to trust the system where nobody says a word", () => {
    const { verify, systemCa, provider, certFile } = settings([]);
    assert.deepEqual([verify, systemCa, provider, certFile], ["strict", true, "auto", undefined]);
  });

  it("comes from smb.conf", () => {
    const lines = ["tls cafile = /ca", "tls trust system cas = no", "tls verify peer = ca_only"];
    const { caFiles, systemCa, verify } = settings([], lines);
    assert.deepEqual([caFiles, systemCa, verify], [["/ca"], false, "ca"]);
  });

  it("comes from the command line where both speak", () => {
    const conf = [
      ...["tls cafile = /ca", "tls ca directories = /d", "tls certfile = /c"],
      ...["tls keyfile = /k", "tls verify peer = no_check"],
      "client smb transport:force_ngtcp2_quic = yes",
    ];
    const line = ["--quic-ca=/own", "--quic-verify=strict", "--quic-provider=auto"];
    const told = settings([...line, "--quic-cert=/mine"], conf);
    assert.deepEqual(told.caPaths, ["/own"]);
    assert.equal(told.caFiles, undefined);
    assert.equal(told.caDirectories, undefined);
    assert.equal(told.verify, "strict");
    assert.equal(told.provider, "auto");
    assert.equal(told.certFile, "/mine");
    // Not the key of another certificate.
    assert.equal(told.keyFile, undefined);
  });

  it("does without the identity of smb.conf, but not without the one that was asked for", () => {
    const conf = ["tls certfile = /c", "tls keyfile = /k"];
    assert.equal(settings([], conf).isIdentityOptional, true);
    assert.equal(settings(["--quic-cert=/c"], conf).isIdentityOptional, false);
    assert.equal(settings(["--quic-key=/k"], conf).isIdentityOptional, false);
    assert.throws(() => settings(["--quic-key=/k"]), UsageError);
  });

  it("includes the passphrase of the key", () => {
    assert.equal(settings([], [], { [KEY_PASSPHRASE]: "x" }).keyPassphrase, "x");
  });
});
