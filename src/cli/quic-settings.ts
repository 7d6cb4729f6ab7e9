import { certificateName, type QuicOptions } from "../transports/index.ts";
import type { TlsConfig } from "./config/tls-config.ts";
import type { QuicArguments } from "./quic-arguments.ts";
import { UsageError } from "./usage-error.ts";

/** The variable with the passphrase of `--quic-key`. */
export const KEY_PASSPHRASE = "SMBX_QUIC_KEY_PASSPHRASE";

/**
 * What QUIC is to do, by the command line and smb.conf: the former wins, and replaces what the latter
 * says about the same thing. No file is looked at.
 *
 * @throws {UsageError} for a key without its certificate, and for a name that no certificate can have
 */
export function quicSettings(
  given: QuicArguments | undefined,
  tls: TlsConfig,
  environment: Readonly<Record<string, string | undefined>>,
): QuicOptions {
  const { ca = [], cert, key, serverName, verify, provider } = given ?? {};
  if (key !== undefined && cert === undefined && tls.certFile === undefined) {
    throw new UsageError("--quic-key needs the certificate that it belongs to: --quic-cert FILE");
  }
  if (serverName !== undefined && certificateName(serverName) === undefined) {
    throw new UsageError(`--quic-server-name: no certificate can have the name "${serverName}"`);
  }
  const named = ca.length > 0 ? { caPaths: ca } : fromConfig(tls);
  return {
    ...named,
    systemCa: tls.trustsSystem ?? true,
    crlFiles: tls.crlFile === undefined ? [] : [tls.crlFile],
    certFile: cert ?? tls.certFile,
    keyFile: key ?? (cert === undefined ? tls.keyFile : undefined),
    keyPassphrase: environment[KEY_PASSPHRASE],
    // In smb.conf they are a server's as a rule, for its administrator's eyes only.
    isIdentityOptional: cert === undefined && key === undefined,
    serverName,
    verify: verify ?? tls.verify ?? "strict",
    provider: provider ?? tls.provider ?? "auto",
  };
}

function fromConfig({
  caFile,
  caDirectories,
}: TlsConfig): Pick<QuicOptions, "caFiles" | "caDirectories"> {
  return { caFiles: caFile === undefined ? [] : [caFile], caDirectories };
}
