import type { ListenOptions } from "ngtcp2-napi";
import type { CertificateOptions } from "../../packages/ngtcp2-napi/test/certificates.ts";

/** What opens the key in `sealed.key`. */
export const PASSPHRASE = "Tr0ub4dor-und-3";

/** A server and how the program is to meet it. */
export interface CertificateCase {
  readonly what: string;
  readonly certificate?: CertificateOptions;
  readonly server?: Partial<ListenOptions>;
  /** Instead of `//localhost`. */
  readonly host?: string;
  /** Names of files in the test's directory stand behind a `@`. */
  readonly options?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly status: number;
  /** On standard error; nothing may stand there where it is absent. */
  readonly words?: RegExp;
  /** What `quic-check` calls it. */
  readonly verdict?: string;
}

const CA = ["--quic-ca=@ca.pem"];
const OURS = [...CA, "--quic-cert=@client.pem", "--quic-key=@client.key"];
/** A date and time as it is shown. */
export const DATE: string = String.raw`20\d\d-\d\d-\d\d \d\d:\d\d UTC`;
const refused = "refused";

function certificate(words: string, hint?: string): RegExp {
  return new RegExp(`the server's certificate ${words}\n${hint === undefined ? "" : `  ${hint}`}`);
}

const wantsOne = { server: { clientCertificate: "require" } } as const;
const asks = { server: { clientCertificate: "request" } } as const;

/** Every kind of certificate, with what the program makes of it. */
export const certificateCases: readonly CertificateCase[] = [
  { what: "a good one", options: CA, status: 0 },
  {
    what: "a good one, trusted by smb.conf's words",
    options: ["--option=tls cafile=@ca.pem"],
    status: 0,
  },
  { what: "a good one, trusted by a directory", options: ["--quic-ca=@"], status: 0 },
  {
    what: "one for any name of a domain",
    certificate: { names: ["DNS:*.example.test"] },
    host: "nas.example.test",
    options: CA,
    status: 0,
  },
  {
    what: "one for an address",
    host: "127.0.0.1",
    certificate: { names: ["IP:127.0.0.1"] },
    options: [...CA, "--quic-server-name=127.0.0.1"],
    status: 0,
  },
  {
    what: "one for another name that was given",
    certificate: { names: ["DNS:a.example"] },
    options: [...CA, "--quic-server-name=a.example"],
    status: 0,
  },
  {
    what: "a self-signed one that is trusted",
    certificate: { issuer: "self" },
    options: ["--quic-ca=@server.pem"],
    status: 0,
  },
  {
    what: "an expired one",
    certificate: { from: -9, until: -2 },
    options: CA,
    status: 8,
    words: certificate(`expired on ${DATE}`, "the server needs a new certificate"),
    verdict: refused,
  },
  {
    what: "one of the future",
    certificate: { from: 2, until: 9 },
    options: CA,
    status: 8,
    words: certificate(`is not valid before ${DATE}`, "the clock of this machine"),
    verdict: refused,
  },
  {
    what: "one for other names",
    certificate: { names: ["DNS:a.example", "DNS:b.example"] },
    options: CA,
    status: 8,
    words: certificate(
      "is not for localhost, but for a.example, b.example",
      "use a name .* --quic-server-name=NAME",
    ),
    verdict: refused,
  },
  {
    what: "a wildcard of another level",
    certificate: { names: ["DNS:*.test"] },
    host: "nas.example.test",
    options: CA,
    status: 8,
    words: certificate(String.raw`is not for nas.example.test, but for \*.test`),
    verdict: refused,
  },
  {
    what: "one without a name",
    certificate: { names: [] },
    options: CA,
    status: 8,
    words: certificate(
      String.raw`is not for localhost, but for no name at all \(it has no subjectAltName\)`,
    ),
    verdict: refused,
  },
  {
    what: "one of an unknown issuer",
    status: 8,
    words: certificate("was issued by CN=Test CA, which is not trusted", "--quic-ca=FILE"),
    verdict: refused,
  },
  {
    what: "a self-signed one",
    certificate: { issuer: "self" },
    options: CA,
    status: 8,
    words: certificate("is self-signed and not trusted", "--quic-ca=FILE"),
    verdict: refused,
  },
  {
    what: "one for clients",
    certificate: { purpose: "clientAuth" },
    options: CA,
    status: 8,
    words: certificate(
      String.raw`is not meant for servers \(its key usage lacks serverAuth\)`,
      "the server needs a certificate with extendedKeyUsage",
    ),
    verdict: refused,
  },
  {
    what: "a revoked one",
    options: [...CA, "--option=tls crlfile=@crl.pem"],
    status: 8,
    words: certificate("is revoked", "the server needs a new"),
    verdict: refused,
  },
  { what: "a revoked one without the list", options: CA, status: 0 },
  {
    what: "as_strict_as_possible without a list",
    options: [...CA, "--option=tls verify peer=as_strict_as_possible"],
    status: 0,
  },
  {
    what: "a good one, with protection left to QUIC where the server would agree",
    options: [...CA, "--quic-smb-encryption=no"],
    status: 0,
  },
  {
    what: "other names, by --quic-verify=ca",
    certificate: { names: ["DNS:a.example"] },
    options: [...CA, "--quic-verify=ca"],
    status: 0,
  },
  {
    what: "an expired one, by --quic-verify=ca",
    certificate: { from: -9, until: -2 },
    options: [...CA, "--quic-verify=ca"],
    status: 8,
    words: certificate(`expired on ${DATE}`),
    verdict: refused,
  },
  {
    what: "none that is looked at",
    certificate: { issuer: "self" },
    options: ["--quic-verify=none"],
    status: 0,
    words: /^smbx: warning: the certificate of localhost was not checked/,
    verdict: "unchecked",
  },
  {
    what: "the command line over smb.conf",
    options: ["--option=tls verify peer=no_check", "--quic-verify=strict"],
    status: 8,
    words: certificate("was issued by CN=Test CA, which is not trusted"),
    verdict: refused,
  },
  { what: "a client's that the server wants", ...wantsOne, options: OURS, status: 0 },
  {
    what: "a client's of smb.conf",
    ...wantsOne,
    options: [...CA, "--option=tls certfile=@client.pem", "--option=tls keyfile=@client.key"],
    status: 0,
  },
  {
    what: "a client's with a sealed key",
    ...wantsOne,
    options: [...CA, "--quic-cert=@client.pem", "--quic-key=@sealed.key"],
    environment: { SMBX_QUIC_KEY_PASSPHRASE: PASSPHRASE },
    status: 0,
  },
  {
    what: "a client's that is missing",
    ...wantsOne,
    options: CA,
    status: 4,
    words: /the server requires a client certificate\n {2}--quic-cert=FILE and --quic-key=FILE/,
    verdict: refused,
  },
  {
    what: "a client's of smb.conf that cannot be read",
    ...wantsOne,
    options: [...CA, "--option=tls certfile=@client.pem", "--option=tls keyfile=@no"],
    status: 4,
    words:
      /the server requires a client certificate; the key .*no cannot be read: no such file or directory\n/,
    verdict: refused,
  },
  { what: "a client's that nobody insists on", ...asks, options: CA, status: 0 },
  {
    what: "a client's of an unknown issuer",
    ...wantsOne,
    options: [...CA, "--quic-cert=@stranger.pem", "--quic-key=@stranger.key"],
    status: 4,
    words: /client certificate\n {2}--quic-cert=FILE and --quic-key=FILE choose another/,
    verdict: refused,
  },
  {
    what: "another protocol",
    server: { alpn: "h3" },
    options: CA,
    status: 3,
    words: /the server speaks QUIC, but not SMB\n/,
    verdict: refused,
  },
  {
    what: "a CA file that is not there",
    options: ["--quic-ca=@no"],
    status: 2,
    words: /the CA file .*no cannot be read: no such file or directory\n/,
    verdict: "misconfigured",
  },
  {
    what: "a CA file without a certificate",
    options: ["--quic-ca=@client.key"],
    status: 2,
    words: /the CA file .*client\.key holds no certificate\n/,
    verdict: "misconfigured",
  },
  {
    what: "a key of another certificate",
    options: [...CA, "--quic-cert=@client.pem", "--quic-key=@stranger.key"],
    status: 2,
    words:
      /the key in the file .*stranger\.key does not fit the certificate in the file .*client\.pem\n/,
    verdict: "misconfigured",
  },
  {
    what: "a sealed key without its passphrase",
    options: [...CA, "--quic-cert=@client.pem", "--quic-key=@sealed.key"],
    status: 2,
    words:
      /the key in the file .*sealed\.key is encrypted, and no passphrase was given\n {2}.*SMBX_QUIC_KEY_PASSPHRASE\n/,
    verdict: "misconfigured",
  },
  {
    what: "a sealed key with a wrong passphrase",
    options: [...CA, "--quic-cert=@client.pem", "--quic-key=@sealed.key"],
    environment: { SMBX_QUIC_KEY_PASSPHRASE: `${PASSPHRASE}x` },
    status: 2,
    words: /sealed\.key cannot be opened with this passphrase\n/,
    verdict: "misconfigured",
  },
  {
    what: "the kernel's QUIC",
    options: [...CA, "--quic-provider=kernel"],
    status: 2,
    words: /kernel QUIC: .*\n {2}--quic-provider=ngtcp2/,
    verdict: "misconfigured",
  },
  { what: "ngtcp2's QUIC", options: [...CA, "--quic-provider=ngtcp2"], status: 0 },
];
