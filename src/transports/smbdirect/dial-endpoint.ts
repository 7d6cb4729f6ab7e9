import type { RdmaError } from "rdma-verbs-napi";
import type { Clock } from "../../core/clock.ts";
import { DialFailure } from "../../core/errors.ts";
import { formatEndpoint } from "../../core/transport.ts";
import { connectSmbDirect } from "./establish.ts";
import { privateData, RESPONDER_RESOURCES } from "./iwarp-depths.ts";
import { rdmaDialFailure, rdmaTimeout } from "./rdma-failure.ts";
import { SmbdCredits } from "./smbd-credits.ts";
import type { SmbdSettings } from "./smbd-settings.ts";
import type { SmbDirectWire } from "./smbdirect-wire.ts";
import type { Verbs, VerbsConnection } from "./verbs.ts";

/** The port that belongs to the kind of device ([MS-SMB2] 2.1; iWARP runs over TCP, where 445 is taken). */
const PORTS = { iwarp: 5445, other: 445 } as const;
/** Time for the first attempts to resolve an address. */
const SHORT_RESOLVE_MS = [250, 1000] as const;
/** Work requests beside messages: a bind and an invalidation for each region that is lent. */
const WINDOW_WORK = 256;

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface DialEndpointOptions {
  readonly settings: SmbdSettings;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** For each connection that is tried, the negotiation aside. */
  readonly timeoutMs: number;
  /** The port is nobody's wish: the device decides which comes first, and the other is tried too. */
  readonly triesOtherPort: boolean;
}

/**
 * Opens SMB Direct to one address.
 *
 * @throws {DialFailure} with what became of each port that was tried
 */
export async function dialEndpoint(
  verbs: Verbs,
  endpoint: Endpoint,
  options: DialEndpointOptions,
): Promise<SmbDirectWire> {
  const { address } = endpoint;
  const first = options.triesOtherPort ? PORTS.other : endpoint.port;
  try {
    return await dialPort(verbs, { address, port: first }, options, options.triesOtherPort);
  } catch (error) {
    if (!options.triesOtherPort || options.signal.aborted) throw error;
    if (error instanceof OtherPortFirst) return await inTurn(verbs, address, options);
    if (!mayHelp(error)) throw error;
    return await second(verbs, { address, port: PORTS.iwarp }, options, error);
  }
}

/** The device speaks iWARP: its own port before the other one. */
async function inTurn(
  verbs: Verbs,
  address: string,
  options: DialEndpointOptions,
): Promise<SmbDirectWire> {
  try {
    return await dialPort(verbs, { address, port: PORTS.iwarp }, options, false);
  } catch (error) {
    if (options.signal.aborted || !mayHelp(error)) throw error;
    return await second(verbs, { address, port: PORTS.other }, options, error);
  }
}

/** The other port; where that fails as well, both failures are told. */
async function second(
  verbs: Verbs,
  endpoint: Endpoint,
  options: DialEndpointOptions,
  cause: unknown,
): Promise<SmbDirectWire> {
  try {
    return await dialPort(verbs, endpoint, options, false);
  } catch (error) {
    if (options.signal.aborted) throw error;
    const failures = [cause, error].map((each) => rdmaDialFailure(endpoint.address, each));
    const [before, after] = failures as [DialFailure, DialFailure];
    const words =
      before.words === after.words
        ? `${after.words}, on the ports 445 and 5445`
        : `${before.words}; on port ${endpoint.port} ${after.words}`;
    const details = { reason: before.reason, cause: new AggregateError(failures, words) };
    throw new DialFailure(endpoint.address, words, details);
  }
}

/** Thrown where the device turns out to want the other port first. */
class OtherPortFirst extends Error {}

/** Another port is worth a try where somebody was reached who does not want us. */
function mayHelp(error: unknown): boolean {
  const { kind } = error as Partial<RdmaError>;
  if (error instanceof DialFailure || kind === undefined) return true;
  return kind === "rejected" || kind === "connect" || kind === "closed" || kind === "completion";
}

async function dialPort(
  verbs: Verbs,
  endpoint: Endpoint,
  options: DialEndpointOptions,
  mayBeWrong: boolean,
): Promise<SmbDirectWire> {
  const { settings, clock, signal } = options;
  const there = formatEndpoint(endpoint.address, endpoint.port);
  const connection = await connectWithin(verbs, endpoint, options, mayBeWrong);
  return await connectSmbDirect(connection, {
    ...{ settings: fitting(settings, connection), clock, signal, endpoint: there },
  });
}

/** As `connect`, with an end to the waiting: rdma_cm's own time-outs are minutes. */
async function connectWithin(
  verbs: Verbs,
  endpoint: Endpoint,
  options: DialEndpointOptions,
  mayBeWrong: boolean,
): Promise<VerbsConnection> {
  const { settings, clock, signal, timeoutMs } = options;
  const there = formatEndpoint(endpoint.address, endpoint.port);
  const expiry = new AbortController();
  const cancel = clock.after(timeoutMs, () => {
    expiry.abort(rdmaTimeout(there, timeoutMs, "no answer to the RDMA connection request"));
  });
  const connect = (receiveSize: number, resolveTimeoutMs: number): Promise<VerbsConnection> =>
    verbs.connect({
      ...endpoint,
      signal: AbortSignal.any([signal, expiry.signal]),
      resolveTimeoutMs,
      receiveBuffers: {
        size: receiveSize,
        count: SmbdCredits.receivesFor(settings.receiveCreditMax),
      },
      sendBuffers: { size: settings.maxSendSize, count: settings.sendCreditTarget },
      sendQueueDepth: settings.sendCreditTarget + WINDOW_WORK,
      responderResources: RESPONDER_RESOURCES,
      privateData: (device) => {
        if (mayBeWrong && device.transport === "iwarp") throw new OtherPortFirst();
        return privateData(device);
      },
    });
  try {
    return await patiently(timeoutMs, async (resolveTimeoutMs) => {
      const { maxReceiveSize, maxSendSize } = settings;
      try {
        return await connect(maxReceiveSize, resolveTimeoutMs);
      } catch (error) {
        if ((error as Partial<RdmaError>).kind !== "memory-lock-limit") throw error;
        // Little memory may be locked: then no more than what peers really send.
        return await connect(Math.min(maxReceiveSize, maxSendSize), resolveTimeoutMs);
      }
    });
  } finally {
    cancel();
  }
}

/**
 * Tries with a little time to resolve the address first. Where the neighbour is not known yet Linux may
 * miss its answer, which is quicker than the question was noted, and looks again only when time is up.
 */
async function patiently<T>(
  timeoutMs: number,
  connect: (resolveTimeoutMs: number) => Promise<T>,
): Promise<T> {
  for (const resolveTimeoutMs of SHORT_RESOLVE_MS) {
    try {
      return await connect(resolveTimeoutMs);
    } catch (error) {
      const { kind } = error as Partial<RdmaError>;
      if (kind !== "address" && kind !== "route") throw error;
    }
  }
  return await connect(timeoutMs);
}

/** The settings for the buffers that there really are. */
function fitting(settings: SmbdSettings, { receiveBuffers }: VerbsConnection): SmbdSettings {
  return { ...settings, maxReceiveSize: Math.min(settings.maxReceiveSize, receiveBuffers.size) };
}
