import { connect, type NetConnectOpts, type Socket } from "node:net";
import type { Clock } from "../../core/clock.ts";
import type { DialFailure } from "../../core/errors.ts";
import { staggeredRace } from "../../core/staggered-race.ts";
import { type DialTarget, formatEndpoint } from "../../core/transport.ts";
import { combineFailures } from "../dial-failures.ts";
import { addressesOf, type Resolver } from "./addresses.ts";
import { dialFailure, dialTimeout } from "./socket-failure.ts";
import type { SocketInlet } from "./socket-inlet.ts";

/** A connected socket that has read nothing yet, and the address that answered. */
export interface OpenSocket<Inlet extends SocketInlet> {
  readonly socket: Socket;
  readonly inlet: Inlet;
  readonly endpoint: string;
}

/** How to open a socket. */
export interface OpenSocketOptions<Inlet extends SocketInlet> {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly resolve: Resolver;
  readonly timeoutMs: number;
  /** How long an address may be silent before the next is tried beside it, in milliseconds. */
  readonly attemptDelayMs: number;
  /** Makes the receiving side; called once for each address that is tried. */
  readonly createInlet: () => Inlet;
}

/** The time in which probes of an idle connection start, in milliseconds. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Opens a TCP connection to the address of `target` that answers first (RFC 8305).
 *
 * @throws {DialFailure} with the failure of every address, or the time-out
 */
export async function openSocket<Inlet extends SocketInlet>(
  target: DialTarget & { readonly port: number },
  options: OpenSocketOptions<Inlet>,
): Promise<OpenSocket<Inlet>> {
  const { clock, signal, timeoutMs } = options;
  const host = target.address ?? target.host;
  const expiry = new AbortController();
  const cancelExpiry = clock.after(timeoutMs, () => expiry.abort());
  const failures = new Map<string, DialFailure>();
  let endpoints: readonly Endpoint[] | undefined;
  try {
    const either = AbortSignal.any([signal, expiry.signal]);
    const addresses = await abortable(addressesOf(host, options.resolve), either);
    endpoints = addresses.map((address) => ({ address, port: target.port }));
    const opened = await staggeredRace({
      entries: endpoints,
      run: (endpoint, lost) => openOne(endpoint, options.createInlet(), lost, failures),
      discard: ({ socket }) => void socket.destroy(),
      headStartMs: options.attemptDelayMs,
      clock,
      signal: either,
    });
    if (opened !== undefined) return opened;
  } catch (error) {
    if (signal.aborted || !expiry.signal.aborted) throw error;
    if (endpoints === undefined) throw dialTimeout(host, timeoutMs, "the name was not resolved");
    addTimeouts(endpoints, timeoutMs, failures);
  } finally {
    cancelExpiry();
  }
  throw combineFailures(formatEndpoint(host, target.port), [...failures.values()]);
}

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The addresses that had neither connected nor failed when time was up. */
function addTimeouts(
  endpoints: readonly Endpoint[],
  timeoutMs: number,
  failures: Map<string, DialFailure>,
): void {
  for (const { address, port } of endpoints) {
    const endpoint = formatEndpoint(address, port);
    if (!failures.has(endpoint)) failures.set(endpoint, dialTimeout(endpoint, timeoutMs));
  }
}

async function openOne<Inlet extends SocketInlet>(
  { address, port }: Endpoint,
  inlet: Inlet,
  lost: AbortSignal,
  failures: Map<string, DialFailure>,
): Promise<OpenSocket<Inlet>> {
  const endpoint = formatEndpoint(address, port);
  try {
    return { socket: await connectSocket(address, port, inlet, lost), inlet, endpoint };
  } catch (error) {
    if (!lost.aborted) failures.set(endpoint, dialFailure(endpoint, error));
    throw error;
  }
}

/** One connection to one address. Nothing is read until the socket is resumed. */
function connectSocket(
  host: string,
  port: number,
  inlet: SocketInlet,
  lost: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options: NetConnectOpts = {
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      onread: inlet.onread,
    };
    const socket = connect(options);
    socket.pause();
    const onAbort = (): void => {
      socket.destroy();
      reject(lost.reason);
    };
    const onError = (error: Error): void => {
      lost.removeEventListener("abort", onAbort);
      reject(error);
    };
    lost.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError);
    socket.once("connect", () => {
      lost.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      // Whoever gets the socket listens in the same turn or destroys it; this keeps the gap safe.
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });
}

/** The promise, or the signal's reason as soon as it aborts. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
