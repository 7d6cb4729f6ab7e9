import type { Clock } from "../clock.ts";
import { Connection } from "../connection/connection.ts";
import { negotiate } from "../connection/negotiator.ts";
import type { TraceListener } from "../connection/trace.ts";
import { UnsupportedError } from "../errors.ts";
import type { Channel } from "../session/channel.ts";
import type { Session } from "../session/session.ts";
import {
  type DialTarget,
  serverNameOf,
  type TransportFactory,
  type TransportKind,
} from "../transport.ts";

/** Where a further connection leads to. */
export interface ChannelRoute {
  readonly kind: TransportKind;
  /** An address of the server; that of `host` where it was resolved. */
  readonly address: string;
  /** The wire's own where not given. */
  readonly port?: number | undefined;
}

/** What all connections of a client have in common. */
export interface ChannelSettings {
  readonly target: DialTarget;
  readonly transports: readonly TransportFactory[];
  readonly clock: Clock;
  readonly trace?: TraceListener | undefined;
  /** How long the wire may take to connect, in milliseconds; as the wire likes where not given. */
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * Dials `route`, repeats the offer of the session's first connection and binds the new one to the
 * session ([MS-SMB2] 3.2.5.14.11). Whatever fails, nothing is left open and the session is unharmed.
 *
 * @throws {UnsupportedError} where there is no such wire here
 * @throws what dialing, negotiating or binding throws
 */
export async function openChannel(
  session: Session,
  route: ChannelRoute,
  settings: ChannelSettings,
  signal: AbortSignal,
): Promise<Channel> {
  const factory = settings.transports.find(({ kind }) => kind === route.kind);
  const missing = factory === undefined ? "not part of this installation" : factory.unavailable();
  if (factory === undefined || missing !== undefined) {
    throw new UnsupportedError(`${route.kind} cannot be used: ${missing}`);
  }
  const { host, netbiosName } = settings.target;
  const target: DialTarget = {
    host,
    address: route.address,
    port: route.port ?? factory.defaultPort,
    ...(netbiosName === undefined ? {} : { netbiosName }),
  };
  const { offer } = session.connection.negotiated;
  const { connectTimeoutMs } = settings;
  const limit = connectTimeoutMs === undefined ? {} : { connectTimeoutMs };
  const transport = await factory.dial(target, { signal, ...limit });
  const connection = new Connection(transport, {
    clock: settings.clock,
    timeoutMs: session.connection.timeoutMs,
    trace: settings.trace,
  });
  const stop = (): void => connection.abort(new UnsupportedError("It took too long"));
  signal.addEventListener("abort", stop, { once: true });
  try {
    await negotiate(connection, offer, { serverName: serverNameOf(target), signal });
    return await session.bind(connection, { signal });
  } catch (error) {
    await connection.close();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
