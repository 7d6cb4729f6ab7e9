import { isIP } from "node:net";
import type { ConnectOptions, QuicConnection, SecureContext, VerifyMode } from "ngtcp2-napi";
import { type Clock, systemClock } from "../../core/clock.ts";
import { DialFailure } from "../../core/errors.ts";
import { staggeredRace } from "../../core/staggered-race.ts";
import {
  type DialOptions,
  type DialTarget,
  formatEndpoint,
  type Transport,
  type TransportFactory,
} from "../../core/transport.ts";
import { addressesOf, type Resolver, systemResolver } from "../tcp/addresses.ts";
import { addonUnavailable } from "./addon-place.ts";
import { quicDialFailure } from "./quic-failure.ts";
import { QuicStreamTransport } from "./quic-stream-transport.ts";

/** The TLS application protocol of SMB over QUIC. */
export const SMB_ALPN = "smb";
/** How long to wait for a handshake unless the caller says otherwise, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 5000;
/**
 * The same after TCP: a host whose TCP port refuses at once and whose firewall drops UDP must not keep
 * anybody waiting. It leaves time for two repetitions of the first packet.
 */
const FALLBACK_TIMEOUT_MS = 3500;
/** The head start of each address over the next one, in milliseconds (RFC 8305 section 5). */
const ATTEMPT_DELAY_MS = 250;

/** Whom to trust and who we are, as the user said. */
export interface QuicOptions {
  /** The name for SNI and the certificate instead of the host's. */
  readonly serverName?: string;
  /** Default: "full". */
  readonly verify?: VerifyMode;
  /** PEM. */
  readonly ca?: readonly (string | Uint8Array)[];
  readonly caFiles?: readonly string[];
  readonly caDirectories?: readonly string[];
  /** Default: true. */
  readonly systemCa?: boolean;
  readonly crlFiles?: readonly string[];
  /** PEM: our certificate and key. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
  readonly congestion?: "cubic" | "bbr";
  readonly clock?: Clock;
  readonly resolve?: Resolver;
}

/** SMB over QUIC ([MS-SMB2] 2.1): UDP port 443, TLS 1.3, one stream; dialect 3.1.1 only. */
export function quicTransport(options: QuicOptions = {}): TransportFactory {
  const defaultPort = 443;
  return {
    kind: "quic",
    defaultPort,
    fallbackTimeoutMs: FALLBACK_TIMEOUT_MS,
    unavailable: () => addonUnavailable(),
    unsuitable: ({ host }) =>
      isIP(host) === 0 || options.serverName !== undefined
        ? undefined
        : `QUIC checks the server's certificate against its name, and ${host} is an address`,
    dial: (target, dialOptions) =>
      dial({ ...target, port: target.port ?? defaultPort }, options, dialOptions),
  };
}

async function dial(
  target: DialTarget & { readonly port: number },
  options: QuicOptions,
  { signal, connectTimeoutMs }: DialOptions,
): Promise<Transport> {
  signal.throwIfAborted();
  const { loadAddon } = await import("./load-addon.ts");
  const { connect, SecureContext } = await loadAddon();
  const { clock = systemClock, resolve = systemResolver } = options;
  const host = target.address ?? target.host;
  const name = options.serverName ?? target.host;
  const context = makeContext(SecureContext, options, formatEndpoint(host, target.port));
  const failures: DialFailure[] = [];
  const open = async (address: string, lost: AbortSignal): Promise<Transport> => {
    const endpoint = formatEndpoint(address, target.port);
    const settings: ConnectOptions = {
      ...{ host: target.host, address, port: target.port, serverName: name, alpn: SMB_ALPN },
      ...{ context, verify: options.verify ?? "full", signal: lost },
      congestion: options.congestion ?? "cubic",
      handshakeTimeoutMs: connectTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
    };
    try {
      return asTransport(await connect(settings), endpoint, clock, settings.verify === "full");
    } catch (error) {
      const failure = quicDialFailure(endpoint, name, error);
      if (!lost.aborted) failures.push(failure);
      throw failure;
    }
  };
  const transport = await staggeredRace({
    entries: await addressesOf(host, resolve),
    run: open,
    discard: (late) => void late.close(),
    headStartMs: ATTEMPT_DELAY_MS,
    clock,
    signal,
  });
  if (transport !== undefined) return transport;
  throw combine(formatEndpoint(host, target.port), failures);
}

function makeContext(
  Context: typeof SecureContext,
  options: QuicOptions,
  endpoint: string,
): SecureContext {
  try {
    return new Context(options);
  } catch (cause) {
    throw new DialFailure(endpoint, (cause as Error).message, { reason: "other", cause });
  }
}

function asTransport(
  connection: QuicConnection,
  endpoint: string,
  clock: Clock,
  isChecked: boolean,
): Transport {
  const stream = connection.openBidi();
  const isVerified = isChecked && connection.info.verification.isAccepted;
  return new QuicStreamTransport({ connection, stream, endpoint, isVerified, clock });
}

/** One failure of all the addresses' failures. */
function combine(endpoint: string, failures: readonly DialFailure[]): DialFailure {
  const [first] = failures;
  if (first === undefined) {
    return new DialFailure(endpoint, "the name has no address", { reason: "not-found" });
  }
  if (failures.length === 1) return first;
  const words = failures.map((failure) => `${failure.address} ${failure.words}`).join(", ");
  const cause = new AggregateError(failures, words);
  return new DialFailure(endpoint, words, { reason: first.reason, cause });
}
