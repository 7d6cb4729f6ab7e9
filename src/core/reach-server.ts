import type { Clock } from "./clock.ts";
import { Connection } from "./connection/connection.ts";
import {
  fitsQuic,
  isServersAnswer,
  negotiate,
  negotiateOffer,
  type OfferOptions,
  QUIC_NEEDS_311,
} from "./connection/negotiator.ts";
import type { TraceListener } from "./connection/trace.ts";
import { randomBytes } from "./crypto/random.ts";
import type { DialAttempt } from "./dial-error.ts";
import { type DialResult, dial, type TransportChoice } from "./dialer.ts";
import type { Dialect } from "./smb2/constants.ts";
import {
  type DialTarget,
  serverNameOf,
  type Transport,
  type TransportFactory,
} from "./transport.ts";

/** How to reach a server, and what to offer it. */
export interface ReachOptions extends Omit<OfferOptions, "transportKind" | "transportSecurity"> {
  readonly transports: readonly TransportFactory[];
  readonly order: readonly TransportChoice[];
  /** False: leave signing and encryption to a verified QUIC where the server agrees. */
  readonly encryptsOverQuic?: boolean | undefined;
  readonly timeoutMs: number;
  readonly connectTimeoutMs?: number | undefined;
  readonly clock: Clock;
  readonly trace?: TraceListener | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onDialled?: ((attempts: readonly DialAttempt[]) => void) | undefined;
}

/**
 * Dials and negotiates. Each wire has to bring an answer to NEGOTIATE, not only a connection: a port
 * that accepts and stays silent, or hangs up, is no server, and the next wire gets its turn. What the
 * server answers is final, also where it refuses.
 *
 * @throws {DialError} where no wire brings an answer, with every attempt
 * @throws {UnsupportedError} where the server refuses every dialect
 * @throws {ProtocolError} where it answers with what was not offered
 */
export async function reachServer(
  target: DialTarget,
  options: ReachOptions,
): Promise<DialResult<Connection>> {
  const { connectTimeoutMs, signal } = options;
  // One client, however many wires it tries ([MS-SMB2] 2.2.3 ClientGuid).
  const clientGuid = options.clientGuid ?? randomBytes(16);
  return dial<Connection>(target, {
    factories: options.transports.map((each) => withinDialects(each, options.maxDialect)),
    order: options.order,
    establish: (transport, lost) =>
      negotiateOver(transport, lost, { ...options, clientGuid }, serverNameOf(target)),
    isAnswer: isServersAnswer,
    discard: (late) => void late.close(),
    onSettled: options.onDialled,
    clock: options.clock,
    ...(signal === undefined ? {} : { signal }),
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
  });
}

/** A negotiated connection over `transport`, which is closed where that fails or `lost` aborts. */
async function negotiateOver(
  transport: Transport,
  lost: AbortSignal,
  options: ReachOptions,
  serverName: string,
): Promise<Connection> {
  const { clock, timeoutMs, trace } = options;
  const connection = new Connection(transport, { clock, timeoutMs, trace });
  // Not by the request's own signal: nobody CANCELs a NEGOTIATE.
  const leave = (): void => void connection.close();
  lost.addEventListener("abort", leave, { once: true });
  try {
    lost.throwIfAborted();
    const offer = negotiateOffer({
      ...options,
      transportKind: transport.kind,
      transportSecurity: options.encryptsOverQuic === false && transport.isEncrypted,
    });
    await negotiate(connection, offer, { serverName });
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  } finally {
    lost.removeEventListener("abort", leave);
  }
}

/** QUIC is out of the race where it could win it only to fail at the negotiation. */
function withinDialects(
  factory: TransportFactory,
  maxDialect: Dialect | undefined,
): TransportFactory {
  if (factory.kind !== "quic" || fitsQuic(maxDialect)) return factory;
  return {
    kind: factory.kind,
    defaultPort: factory.defaultPort,
    unavailable: () => factory.unavailable(),
    unsuitable: () => QUIC_NEEDS_311,
    dial: (target, options) => factory.dial(target, options),
  };
}
