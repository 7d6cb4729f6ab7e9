import type { OptionEntry } from "./option-table.ts";

/** What concerns SMB over QUIC alone. Each wins over its parameters in smb.conf. */
export const quicOptionEntries: readonly OptionEntry[] = [
  {
    long: "quic-ca",
    argument: "FILE|DIR",
    summary: "Trust these CA certificates, too",
    details:
      "PEM or DER, or a directory of PEM files; may be given several times. smb.conf: `tls cafile`, `tls ca directories`. What the system trusts is trusted besides, unless `--option='tls trust system cas = no'`. A certificate that is its own issuer is trusted by giving it here.",
  },
  {
    long: "quic-cert",
    argument: "FILE",
    summary: "Client certificate for servers that ask",
    details: "PEM, with its chain. smb.conf: `tls certfile`.",
  },
  {
    long: "quic-key",
    argument: "FILE",
    summary: "Key of the client certificate",
    details:
      "PEM; by default in the file of the certificate. smb.conf: `tls keyfile`. The passphrase of an encrypted key is taken from SMBX_QUIC_KEY_PASSPHRASE.",
  },
  {
    long: "quic-server-name",
    argument: "NAME",
    summary: "The name that the certificate must have",
    details:
      "Instead of SERVER. With it QUIC is tried for an address, too; a bare address has no name to check a certificate against, and is never dialled over QUIC.",
  },
  {
    long: "quic-verify",
    argument: "strict|ca|none",
    summary: "How the certificate is checked (strict)",
    details:
      "`strict`: chain, dates, purpose, name, and revocation where there is a list (`tls crlfile`). `ca`: without the name. `none`: not at all, with a warning each time. smb.conf: `tls verify peer`.",
  },
  {
    long: "quic-smb-encryption",
    argument: "yes|no",
    summary: "Sign and encrypt inside of QUIC, too (yes)",
    details:
      "With `no`, and where the certificate was checked strictly and the server agrees, protection is left to QUIC. smb.conf: `client smb encryption over quic`.",
  },
  {
    long: "quic-provider",
    argument: "auto|kernel|ngtcp2",
    summary: "Whose QUIC to use (auto)",
    details:
      "The kernel's (quic.ko) is looked for, and told by --explain, but cannot be used yet: `kernel` is refused, `auto` takes ngtcp2.",
  },
];
