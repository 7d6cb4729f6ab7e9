import type { Clock } from "../../core/clock.ts";
import type { Resolver } from "../tcp/addresses.ts";

/** How much of the server's certificate is checked. */
export type QuicVerify =
  /** Chain, dates, purpose, revocation lists where there are any, and the name. */
  | "strict"
  /** The same without the name: any server with a certificate of a trusted CA will do. */
  | "ca"
  /** Nothing: whoever answers is believed. */
  | "none";

/** Whose QUIC to use. */
export type QuicProvider =
  /** The best there is; today always ngtcp2. */
  | "auto"
  /** quic.ko of the kernel: not possible yet, and answered so. */
  | "kernel"
  | "ngtcp2";

/**
 * Whom to trust over QUIC and who we are. Files are read when QUIC is really dialled, and anew each
 * time; what is wrong with them is a failure of QUIC alone.
 *
 * @example
 * ```ts
 * import { connect, type QuicOptions } from "smbx";
 *
 * const quic: QuicOptions = { caFiles: ["/etc/smbx/ca.pem"], serverName: "nas.example" };
 * await using client = await connect("192.0.2.7", {
 *   username: "anna",
 *   password: "secret",
 *   order: [{ kind: "tcp" }, { kind: "quic", port: 8443 }],
 *   quic,
 * });
 * const { security, rttMs } = client.connection.transport;
 * console.log(security?.protocol, security?.cipher, rttMs);
 * ```
 */
export interface QuicOptions {
  /** The name for SNI and the certificate instead of the host's. With it an address will do. */
  readonly serverName?: string | undefined;
  /** Default: "strict". */
  readonly verify?: QuicVerify | undefined;
  /** CA certificates, PEM or DER. */
  readonly ca?: readonly (string | Uint8Array)[] | undefined;
  /** CA certificates, PEM or DER. */
  readonly caFiles?: readonly string[] | undefined;
  /** Every PEM file in them counts. */
  readonly caDirectories?: readonly string[] | undefined;
  /** Files or directories: what each is shows when it is read. */
  readonly caPaths?: readonly string[] | undefined;
  /** Trust what the system trusts, too. Default: true. */
  readonly systemCa?: boolean | undefined;
  /** Revocation lists, PEM. Without one revocation is not looked at. */
  readonly crlFiles?: readonly string[] | undefined;
  /** Our certificate with its chain, PEM; or in a file. */
  readonly cert?: string | Uint8Array | undefined;
  readonly certFile?: string | undefined;
  /** Its key, PEM; or in a file. Default: in the file of the certificate. */
  readonly key?: string | Uint8Array | undefined;
  readonly keyFile?: string | undefined;
  /** Opens the key where it is encrypted. */
  readonly keyPassphrase?: string | undefined;
  /** True: where our certificate or its key cannot be read, go on without. */
  readonly isIdentityOptional?: boolean | undefined;
  /** Default: "auto". */
  readonly provider?: QuicProvider | undefined;
  /** How we send. Default: "bbr". */
  readonly congestion?: "cubic" | "bbr" | undefined;
  readonly clock?: Clock | undefined;
  readonly resolve?: Resolver | undefined;
}
