import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ClientConfig, clientConfig } from "../../../src/cli/config/client-config.ts";
import { UsageError } from "../../../src/cli/usage-error.ts";
import { CipherId, Dialect, SigningAlgorithmId } from "../../../src/core/index.ts";

/** As if a file said `name = value`. */
function fromFile(name: string, value: string): ClientConfig {
  return clientConfig([{ name, value }], []);
}

function fromOption(name: string, value: string, option = "--option"): ClientConfig {
  return clientConfig([], [{ name, value, option }]);
}

const meanings: readonly (readonly [
  name: string,
  value: string,
  field: keyof ClientConfig,
  expected: unknown,
])[] = [
  ["workgroup", "corp", "workgroup", "CORP"],
  ["netbios name", "desk", "netbiosName", "DESK"],
  ["realm", "corp.example", "realm", "CORP.EXAMPLE"],
  ["client protection", "encrypt", "protection", "encrypt"],
  ["client protection", "plain", "protection", "off"],
  ["client protection", "default", "protection", undefined],
  ["client signing", "required", "protection", "sign"],
  ["client signing", "Mandatory", "protection", "sign"],
  ["client signing", "disabled", "protection", "off"],
  ["client signing", "desired", "protection", undefined],
  ["client signing", "yes", "protection", undefined],
  ["client signing", "default", "protection", undefined],
  ["client smb encrypt", "required", "protection", "encrypt"],
  ["client smb encrypt", "desired", "protection", undefined],
  ["client smb encrypt", "off", "protection", undefined],
  [
    "client smb transports",
    "quic:1443, tcp",
    "transports",
    [{ kind: "quic", port: 1443 }, { kind: "tcp" }],
  ],
  ["client smb transports", "-quic", "transports", [{ kind: "tcp" }]],
  [
    "client smb3 signing algorithms",
    "AES-128-CMAC, HMAC-SHA256",
    "signingAlgorithms",
    [SigningAlgorithmId.AES_CMAC, SigningAlgorithmId.HMAC_SHA256],
  ],
  [
    "client smb3 encryption algorithms",
    "-AES-128-GCM -AES-128-CCM",
    "ciphers",
    [CipherId.AES_256_GCM, CipherId.AES_256_CCM],
  ],
  ["name resolve order", "host wins", "resolveOrder", ["host", "wins"]],
  ["client use kerberos", "required", "requiresKerberos", true],
  ["client use kerberos", "desired", "requiresKerberos", false],
  ["client smb encryption over quic", "no", "encryptsOverQuic", false],
];

describe("the configuration of a client", () => {
  for (const [name, value, field, expected] of meanings) {
    it(`${name} = ${value}`, () => {
      assert.deepEqual(fromFile(name, value)[field], expected);
      assert.deepEqual(fromOption(name.replaceAll(" ", ""), value)[field], expected);
      assert.deepEqual(fromFile(name, value).warnings, []);
    });
  }

  it("has Samba's defaults", () => {
    const config = clientConfig([], []);
    assert.equal(config.workgroup, "WORKGROUP");
    assert.equal(config.minProtocol.dialect, Dialect.SMB_2_0_2);
    assert.equal(config.maxProtocol.dialect, Dialect.SMB_3_1_1);
    assert.equal(config.transports, undefined);
    assert.equal(config.encryptsOverQuic, true);
  });

  it("knows every name of a protocol", () => {
    const dialect = (word: string) => fromFile("client max protocol", word).maxProtocol.dialect;
    assert.equal(dialect("SMB2_02"), Dialect.SMB_2_0_2);
    assert.equal(dialect("SMB2"), Dialect.SMB_2_1);
    assert.equal(dialect("smb2_10"), Dialect.SMB_2_1);
    assert.equal(dialect("SMB3_00"), Dialect.SMB_3_0);
    assert.equal(dialect("SMB3_02"), Dialect.SMB_3_0_2);
    assert.equal(dialect("SMB3"), Dialect.SMB_3_1_1);
    assert.equal(dialect("SMB3_11"), Dialect.SMB_3_1_1);
    assert.equal(dialect("default"), Dialect.SMB_3_1_1);
    assert.equal(dialect("NT1"), undefined);
  });

  it("puts the command line over the file", () => {
    const config = clientConfig(
      [{ name: "workgroup", value: "FILE" }],
      [
        { name: "workgroup", value: "FIRST", option: "--workgroup" },
        { name: "workgroup", value: "LAST", option: "--option" },
      ],
    );
    assert.equal(config.workgroup, "LAST");
  });

  it("keeps the parameters of TLS for the transports that need them", () => {
    assert.equal(fromFile("tls cafile", "/ca.pem").tls.caFile, "/ca.pem");
  });

  it("passes over the parameters of servers in a file, and warns of unknown ones as smbclient does", () => {
    assert.deepEqual(fromFile("log level", "3").warnings, []);
    assert.deepEqual(fromFile("vendor:any thing", "3").warnings, []);
    assert.deepEqual(fromFile("no such parameter", "3").warnings, [
      'Unknown parameter encountered: "no such parameter"',
      'Ignoring unknown parameter "no such parameter"',
    ]);
  });
});

describe("values that make no sense", () => {
  const warned: readonly (readonly [name: string, value: string, warning: string])[] = [
    [
      "client max protocol",
      "FOO",
      "WARNING: Ignoring invalid value 'FOO' for parameter 'client max protocol'",
    ],
    [
      "client signing",
      "foo",
      "WARNING: Ignoring invalid value 'foo' for parameter 'client signing'",
    ],
    [
      "name resolve order",
      "foo host",
      "handle_name_resolve_order: WARNING: Ignoring invalid list value 'foo' for parameter 'name resolve order'",
    ],
  ];
  for (const [name, value, warning] of warned) {
    it(`${name} = ${value} is warned about in a file and from a short option`, () => {
      assert.deepEqual(fromFile(name, value).warnings, [warning]);
      assert.deepEqual(fromOption(name, value, "--max-protocol").warnings, [warning]);
    });
    it(`--option=${name}=${value} ends the run`, () => {
      assert.throws(
        () => fromOption(name, value),
        new UsageError(warning, `Error setting option '${name}=${value}'`),
      );
    });
  }

  it("an unknown --option ends the run in Samba's words", () => {
    assert.throws(
      () => fromOption("nosuchoption", "1"),
      new UsageError(
        'Unknown parameter encountered: "nosuchoption"',
        "Unknown option 'nosuchoption'",
        "Error setting option 'nosuchoption=1'",
      ),
    );
  });

  it("an --option for servers or of the form a:b is accepted", () => {
    assert.deepEqual(fromOption("socket options", "TCP_NODELAY").warnings, []);
    assert.deepEqual(fromOption("client smb transport:force_ngtcp2_quic", "yes").warnings, []);
  });

  it("a maximum below the minimum is warned about", () => {
    assert.deepEqual(fromFile("client max protocol", "NT1").warnings, [
      "lp_load_ex: Max protocol NT1 is less than min protocol SMB2_02.",
    ]);
  });
});
