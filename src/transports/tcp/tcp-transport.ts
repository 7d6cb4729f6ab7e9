import { type Clock, systemClock } from "../../core/clock.ts";
import type { DialOptions, DialTarget, Transport, TransportFactory } from "../../core/transport.ts";
import { type Resolver, systemResolver } from "./addresses.ts";
import { FrameInlet } from "./frame-inlet.ts";
import { type OpenSocket, openSocket } from "./open-socket.ts";
import { StreamTransport } from "./stream-transport.ts";

/** How long to wait for a connection unless the caller says otherwise, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** The head start of each address over the next one, in milliseconds (RFC 8305 section 5). */
export const ATTEMPT_DELAY_MS = 250;

/** What a test may replace. */
export interface TcpOptions {
  readonly clock?: Clock;
  readonly resolve?: Resolver;
}

/** Direct TCP ([MS-SMB2] 2.1): port 445, a four-byte prefix before each message. */
export function tcpTransport(options: TcpOptions = {}): TransportFactory {
  const { clock = systemClock, resolve = systemResolver } = options;
  const defaultPort = 445;
  return {
    kind: "tcp",
    defaultPort,
    unavailable: () => undefined,
    async dial(target: DialTarget, { signal, connectTimeoutMs }: DialOptions): Promise<Transport> {
      const open: OpenSocket<FrameInlet> = await openSocket(
        { ...target, port: target.port ?? defaultPort },
        {
          signal,
          clock,
          resolve,
          timeoutMs: connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
          attemptDelayMs: ATTEMPT_DELAY_MS,
          createInlet: () => new FrameInlet(24),
        },
      );
      return new StreamTransport({ ...open, kind: "tcp", lengthBits: 24, clock });
    },
  };
}
