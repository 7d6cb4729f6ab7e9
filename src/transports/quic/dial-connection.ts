import type * as Addon from "ngtcp2-napi";
import type { ConnectOptions, QuicConnection, SecureContext } from "ngtcp2-napi";
import { type Clock, systemClock } from "../../core/clock.ts";
import { DialFailure } from "../../core/errors.ts";
import { staggeredRace } from "../../core/staggered-race.ts";
import { type DialOptions, type DialTarget, formatEndpoint } from "../../core/transport.ts";
import { combineFailures } from "../dial-failures.ts";
import { addressesWithin, systemResolver } from "../tcp/addresses.ts";
import { certificateName, noCertificateFor } from "./certificate-name.ts";
import { CredentialError, type QuicCredentials, readCredentials } from "./credentials.ts";
import { type Circumstances, NO_SMB, quicDialFailure } from "./quic-failure.ts";
import type { QuicOptions } from "./quic-options.ts";

/** The TLS application protocol of SMB over QUIC. */
export const SMB_ALPN = "smb";
/** How long to wait for a handshake unless the caller says otherwise, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 5000;
/** The head start of each address over the next one, in milliseconds (RFC 8305 section 5). */
const ATTEMPT_DELAY_MS = 250;

/** A connection that is ready for its stream. */
export interface DialledConnection {
  readonly connection: QuicConnection;
  /** Where it goes: `192.0.2.1:443`. */
  readonly endpoint: string;
  readonly about: Circumstances;
}

/** What dialling is told besides. */
export interface ConnectionOptions extends DialOptions {
  /** Is told of a finished handshake, before the server has judged our certificate. */
  readonly onHandshake?: (dialled: DialledConnection) => void;
}

/** Where to dial: the port is known by now. */
export type QuicTarget = DialTarget & { readonly port: number };

/**
 * Connects to the first address that answers. A server that asked for a certificate is waited for:
 * it judges it only after its own part of the handshake.
 *
 * @throws {DialFailure} in words that a person understands
 */
export async function dialConnection(
  addon: typeof Addon,
  target: QuicTarget,
  options: QuicOptions,
  { signal, connectTimeoutMs = HANDSHAKE_TIMEOUT_MS, onHandshake }: ConnectionOptions,
): Promise<DialledConnection> {
  const { clock = systemClock, resolve = systemResolver } = options;
  const host = target.address ?? target.host;
  const there = formatEndpoint(host, target.port);
  const asked = options.serverName ?? target.host;
  const name = certificateName(asked);
  // However we got here: without a name the check of the certificate would check nothing.
  if (name === undefined) {
    throw new DialFailure(there, noCertificateFor(asked), { reason: "configuration" });
  }
  const credentials = await prepare(options, there);
  const context = makeContext(addon.SecureContext, credentials, there);
  const about: Circumstances = {
    name,
    hasIdentity: credentials.identity !== undefined,
    missingIdentity: credentials.missingIdentity,
  };
  const failures: DialFailure[] = [];
  const open = async (address: string, lost: AbortSignal): Promise<DialledConnection> => {
    const endpoint = formatEndpoint(address, target.port);
    const settings: ConnectOptions = {
      ...{ host: target.host, address, port: target.port, serverName: about.name },
      ...{ alpn: SMB_ALPN, context, signal: lost, verify: VERIFY[options.verify ?? "strict"] },
      congestion: options.congestion ?? "bbr",
      // One stream carries everything; what a peer opens beside it would only take memory.
      ...{ maxBidiStreams: 0, maxUniStreams: 0 },
      handshakeTimeoutMs: connectTimeoutMs,
    };
    try {
      const connection = await addon.connect(settings);
      const { wasCertificateRequested: wasAsked, alpn } = connection.info;
      // A server may leave it open; [RFC 9001] 8.1 has us refuse that.
      if (alpn !== SMB_ALPN) throw await withoutSmb(connection, endpoint);
      const dialled = { connection, endpoint, about: { ...about, wasAsked } };
      onHandshake?.(dialled);
      if (wasAsked) await accepted(dialled, lost, clock, connectTimeoutMs);
      return dialled;
    } catch (error) {
      const failure = quicDialFailure(endpoint, error, about);
      if (!lost.aborted) failures.push(failure);
      throw failure;
    }
  };
  const dialled = await staggeredRace({
    entries: await addressesWithin(host, { resolve, clock, signal, timeoutMs: connectTimeoutMs }),
    run: open,
    discard: (late) => void late.connection.close(),
    headStartMs: ATTEMPT_DELAY_MS,
    clock,
    signal,
  });
  if (dialled !== undefined) return dialled;
  throw combineFailures(there, failures);
}

const VERIFY = { strict: "full", ca: "ca", none: "none" } as const;

async function prepare(options: QuicOptions, endpoint: string): Promise<QuicCredentials> {
  try {
    return await readCredentials(options);
  } catch (cause) {
    if (!(cause instanceof CredentialError)) throw cause;
    const { message, problems } = cause;
    throw new DialFailure(endpoint, message, { reason: "configuration", problems, cause });
  }
}

function makeContext(
  Context: typeof SecureContext,
  { ca, crl, systemCa, identity }: QuicCredentials,
  endpoint: string,
): SecureContext {
  try {
    return new Context({ ca, crl, systemCa, ...identity });
  } catch (cause) {
    throw new DialFailure(endpoint, (cause as Error).message, { reason: "configuration", cause });
  }
}

async function withoutSmb(connection: QuicConnection, endpoint: string): Promise<DialFailure> {
  await connection.close();
  return new DialFailure(endpoint, NO_SMB, { reason: "other", problems: ["no-smb"] });
}

/** Waits until the server has accepted our certificate, or the lack of one. */
async function accepted(
  { connection, endpoint, about }: DialledConnection,
  lost: AbortSignal,
  clock: Clock,
  timeoutMs: number,
): Promise<void> {
  const give = (): void => connection.destroy();
  lost.addEventListener("abort", give, { once: true });
  let isLate = false;
  const cancel = clock.after(timeoutMs, () => {
    isLate = true;
    connection.destroy();
  });
  try {
    const closed = connection.closed.then((error) => ({ error }));
    const end = await Promise.race([connection.confirmed, closed]);
    if (end === undefined) return;
    if (end.error !== undefined) throw quicDialFailure(endpoint, end.error, about);
    const words = isLate
      ? "the server did not say whether it accepts us"
      : "the server closed the connection at once";
    throw new DialFailure(endpoint, words, { reason: isLate ? "timeout" : "other" });
  } finally {
    cancel();
    lost.removeEventListener("abort", give);
  }
}
