import { type Clock, systemClock } from "../../core/clock.ts";
import type { DialFailure } from "../../core/errors.ts";
import { staggeredRace } from "../../core/staggered-race.ts";
import {
  type DialOptions,
  type DialTarget,
  formatEndpoint,
  type Transport,
  type TransportFactory,
} from "../../core/transport.ts";
import { combineFailures } from "../dial-failures.ts";
import { addressesWithin, type Resolver, systemResolver } from "../tcp/addresses.ts";
import { dialEndpoint } from "./dial-endpoint.ts";
import { rdmaUnavailable } from "./rdma-addon.ts";
import { rdmaDialFailure } from "./rdma-failure.ts";
import { DEFAULT_SETTINGS, type SmbdSettings } from "./smbd-settings.ts";
import type { Verbs } from "./verbs.ts";

/** The port of SMB Direct over InfiniBand and RoCE; over iWARP it is another, for 445 is TCP's there. */
export const SMB_DIRECT_PORT = 445;
/** The port of SMB Direct over iWARP. */
export const SMB_DIRECT_IWARP_PORT = 5445;
/** How long an attempt may take unless the caller says otherwise, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5000;
/** The head start of each address over the next one, in milliseconds (RFC 8305 section 5). */
const ATTEMPT_DELAY_MS = 250;

/** What a test may replace. */
export interface SmbDirectOptions {
  readonly verbs?: Verbs;
  readonly settings?: SmbdSettings;
  readonly clock?: Clock;
  readonly resolve?: Resolver;
}

/** SMB Direct ([MS-SMBD]): RDMA; port 445, or 5445 where the device speaks iWARP. */
export function smbDirectTransport(options: SmbDirectOptions = {}): TransportFactory {
  const { verbs } = options;
  return {
    kind: "smbdirect",
    defaultPort: SMB_DIRECT_PORT,
    unavailable: () => (verbs === undefined ? rdmaUnavailable() : verbs.unavailable()),
    dial: (target, dialOptions) =>
      dial({ ...target, port: target.port ?? SMB_DIRECT_PORT }, options, dialOptions),
  };
}

async function dial(
  target: DialTarget & { readonly port: number },
  options: SmbDirectOptions,
  { signal, connectTimeoutMs = CONNECT_TIMEOUT_MS }: DialOptions,
): Promise<Transport> {
  signal.throwIfAborted();
  const { clock = systemClock, resolve = systemResolver, settings = DEFAULT_SETTINGS } = options;
  const verbs = options.verbs ?? (await (await import("./load-verbs.ts")).loadVerbs());
  const host = target.address ?? target.host;
  const failures: DialFailure[] = [];
  const transport = await staggeredRace({
    entries: await addressesWithin(host, { resolve, clock, signal, timeoutMs: connectTimeoutMs }),
    run: async (address, lost) => {
      const endpoint = { address, port: target.port };
      try {
        return await dialEndpoint(verbs, endpoint, {
          ...{ settings, clock, signal: lost, timeoutMs: connectTimeoutMs },
          triesOtherPort: target.port === SMB_DIRECT_PORT,
        });
      } catch (error) {
        const failure = rdmaDialFailure(formatEndpoint(address, target.port), error);
        if (!lost.aborted) failures.push(failure);
        throw failure;
      }
    },
    discard: (late) => void late.close(),
    headStartMs: ATTEMPT_DELAY_MS,
    clock,
    signal,
  });
  if (transport !== undefined) return transport;
  throw combineFailures(formatEndpoint(host, target.port), failures);
}
