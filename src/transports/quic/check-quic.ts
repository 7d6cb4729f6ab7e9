import type { QuicError } from "ngtcp2-napi";
import { DialFailure, type DialProblem } from "../../core/errors.ts";
import {
  type DialOptions,
  type DialTarget,
  formatEndpoint,
  type TransportSecurity,
} from "../../core/transport.ts";
import { explain } from "./certificate-words.ts";
import { type DialledConnection, dialConnection, type QuicTarget } from "./dial-connection.ts";
import { kernelQuicRemark } from "./kernel-quic.ts";
import type { QuicOptions } from "./quic-options.ts";
import { securityOf } from "./quic-security.ts";
import { QUIC_PORT } from "./quic-transport.ts";

/** What was found out about a server's QUIC. */
export interface QuicReport {
  /** What the certificate was held against. */
  readonly name: string;
  /** The address that answered, or where it should have been. */
  readonly endpoint: string;
  /** Why it would not be used; undefined where all is well. */
  readonly failure: DialFailure | undefined;
  /** What is wrong with the certificate, also where that was not to be checked. */
  readonly problems: readonly DialProblem[];
  /** The same in words behind "the server's certificate"; "" where nothing is. */
  readonly problemWords: string;
  /** What was agreed on; undefined where nobody answered, or not with SMB. */
  readonly connection:
    | {
        readonly security: TransportSecurity;
        readonly alpn: string;
        readonly rttMs: number;
        /** Whether the server asked for a client certificate. */
        readonly asksForCertificate: boolean;
      }
    | undefined;
  /** DER, the server's own certificate first; empty where none was seen. */
  readonly chain: readonly Uint8Array[];
  /** The libraries at work: `ngtcp2 1.11.0, GnuTLS 3.7.9`. */
  readonly provider: string;
  /** About the kernel's QUIC; undefined where it was not looked for. */
  readonly remark: string | undefined;
}

/**
 * Connects to a server over QUIC, without a word of SMB, and tells what is there. Where it does not
 * pass, it is connected to once more, unchecked and without showing who we are, only to look.
 *
 * @throws {UnsupportedError} where QUIC cannot be used in this installation
 */
export async function checkQuic(
  target: DialTarget,
  options: QuicOptions,
  dialOptions: DialOptions,
): Promise<QuicReport> {
  const { loadAddon } = await import("./load-addon.ts");
  const addon = await loadAddon();
  const there = { ...target, port: target.port ?? QUIC_PORT };
  const endpoint = formatEndpoint(there.address ?? there.host, there.port);
  // Also of a server that turns us away after the handshake.
  let seen: Sight | undefined;
  const look = async (how: QuicOptions): Promise<Sight> => {
    const onHandshake = (dialled: DialledConnection): void => {
      seen = read(dialled, how);
    };
    const dialled = await dialConnection(addon, there, how, { ...dialOptions, onHandshake });
    const sight = read(dialled, how);
    await dialled.connection.close();
    return sight;
  };
  const base = { name: options.serverName ?? target.host, provider: addon.libraryVersions() };
  let remark: string | undefined;
  try {
    remark = kernelQuicRemark(addon, options.provider ?? "auto", endpoint);
    return { ...base, remark, failure: undefined, ...(await look(options)) };
  } catch (failure) {
    if (!(failure instanceof DialFailure)) throw failure;
    if (failure.reason === "certificate") await secondLook(options, look);
    return { ...base, remark, failure, ...(seen ?? blind(failure, there, base.name)) };
  }
}

type Sight = Pick<QuicReport, "endpoint" | "connection" | "chain" | "problems" | "problemWords">;

function read(
  { connection, endpoint, about }: DialledConnection,
  { verify = "strict" }: QuicOptions,
): Sight {
  const { info } = connection;
  const { verification } = info;
  return {
    endpoint,
    chain: verification.chain,
    problems: verification.flags,
    problemWords: wordsOf(verification, about.name),
    connection: {
      security: securityOf(info, verify),
      alpn: info.alpn,
      rttMs: connection.counters.rttMs,
      asksForCertificate: info.wasCertificateRequested,
    },
  };
}

/** The server's part of the handshake is told even to whom it turns away afterwards. */
async function secondLook(
  options: QuicOptions,
  look: (how: QuicOptions) => Promise<Sight>,
): Promise<void> {
  const { certFile: _, keyFile: __, cert: ___, key: ____, ...nameless } = options;
  try {
    await look({ ...nameless, verify: "none" });
  } catch {
    // What the first attempt has seen must do.
  }
}

/** What the failed attempt itself has seen. */
function blind(failure: DialFailure, target: QuicTarget, name: string): Sight {
  const { verification } = (causeOf(failure) ?? {}) as Partial<QuicError>;
  return {
    endpoint: failure.address || formatEndpoint(target.host, target.port),
    connection: undefined,
    chain: verification?.chain ?? [],
    problems: verification?.flags ?? [],
    problemWords: verification === undefined ? "" : wordsOf(verification, name),
  };
}

/** The error of the addon; of several addresses' that of the first. */
function causeOf({ cause }: DialFailure): unknown {
  if (!(cause instanceof AggregateError)) return cause;
  const [first] = cause.errors as readonly unknown[];
  return first instanceof DialFailure ? first.cause : first;
}

function wordsOf(verification: NonNullable<QuicError["verification"]>, name: string): string {
  return verification.flags.length === 0 ? "" : explain(verification, name);
}
