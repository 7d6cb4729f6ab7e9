import { hostname } from "node:os";
import { type Clock, systemClock } from "../../core/clock.ts";
import { DialFailure } from "../../core/errors.ts";
import type { DialOptions, DialTarget, Transport, TransportFactory } from "../../core/transport.ts";
import { type Resolver, systemResolver } from "../tcp/addresses.ts";
import { openSocket } from "../tcp/open-socket.ts";
import { StreamTransport } from "../tcp/stream-transport.ts";
import { ATTEMPT_DELAY_MS, CONNECT_TIMEOUT_MS } from "../tcp/tcp-transport.ts";
import { calledNames, firstLabel } from "./netbios-name.ts";
import { requestSession, SessionInlet } from "./request-session.ts";
import {
  describeSessionError,
  encodeSessionRequest,
  KEEP_ALIVE_PACKET,
  SessionErrorCode,
  type SessionResponse,
} from "./session-packets.ts";

const DEFAULT_PORT = 139;

/** What a test may replace. */
export interface NbtOptions {
  readonly clock?: Clock;
  readonly resolve?: Resolver;
  /** How long we may be silent before a keep-alive goes out, in milliseconds; default 60 s. */
  readonly keepAliveMs?: number;
}

/**
 * SMB over the NetBIOS session service (RFC 1001 16, RFC 1002 4.3): TCP port 139, a session request
 * with NetBIOS names, then messages of up to 128 KiB.
 */
export function nbtTransport(options: NbtOptions = {}): TransportFactory {
  const { clock = systemClock, resolve = systemResolver, keepAliveMs = 60_000 } = options;
  return {
    kind: "nbt",
    defaultPort: DEFAULT_PORT,
    unavailable: () => undefined,
    dial: (target, dialOptions) =>
      new SessionDialer(target, dialOptions, { clock, resolve, keepAliveMs }).dial(),
  };
}

/** Opens one NetBIOS session, over as many connections as that takes. */
class SessionDialer {
  readonly #target: DialTarget;
  readonly #signal: AbortSignal;
  readonly #options: Required<NbtOptions>;
  readonly #timeoutMs: number;
  readonly #deadlineMs: number;
  readonly #calling: string;

  constructor(target: DialTarget, dialOptions: DialOptions, options: Required<NbtOptions>) {
    this.#target = target;
    this.#signal = dialOptions.signal;
    this.#options = options;
    this.#timeoutMs = dialOptions.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    this.#deadlineMs = options.clock.now() + this.#timeoutMs;
    this.#calling = firstLabel(target.netbiosName ?? hostname());
  }

  /**
   * A server that refuses the general name is asked once more under its own, over a new connection;
   * one that sends us elsewhere is obeyed once.
   */
  async dial(): Promise<Transport> {
    const names = calledNames(this.#target.host);
    let isRetargeted = false;
    let target = { ...this.#target, port: this.#target.port ?? DEFAULT_PORT };
    for (;;) {
      const called = names[0] ?? "";
      const answer = await this.#request(target, called);
      if (answer.transport !== undefined) return answer.transport;
      const { response, endpoint } = answer;
      if (response.type === "retarget" && !isRetargeted) {
        isRetargeted = true;
        target = { ...target, address: response.address, port: response.port };
      } else if (isNameRefused(response) && names.length > 1) {
        names.shift();
      } else {
        throw refused(endpoint, response, called, this.#calling);
      }
    }
  }

  async #request(
    target: DialTarget & { readonly port: number },
    called: string,
  ): Promise<
    | { readonly transport: Transport }
    | { readonly transport?: never; readonly response: SessionResponse; readonly endpoint: string }
  > {
    const { clock, resolve, keepAliveMs } = this.#options;
    const signal = this.#signal;
    const open = await openSocket(target, {
      signal,
      clock,
      resolve,
      timeoutMs: this.#remainingMs(),
      attemptDelayMs: ATTEMPT_DELAY_MS,
      createInlet: () => new SessionInlet(),
    });
    const response = await requestSession(open, {
      request: encodeSessionRequest(called, this.#calling),
      signal,
      clock,
      timeoutMs: this.#remainingMs(),
    });
    if (response.type !== "positive") {
      open.socket.destroy();
      return { response, endpoint: open.endpoint };
    }
    const keepAlive = { everyMs: keepAliveMs, bytes: KEEP_ALIVE_PACKET };
    return {
      transport: new StreamTransport({ ...open, kind: "nbt", lengthBits: 17, clock, keepAlive }),
    };
  }

  #remainingMs(): number {
    return Math.max(this.#deadlineMs - this.#options.clock.now(), 1);
  }
}

function isNameRefused(response: SessionResponse): boolean {
  return (
    response.type === "negative" &&
    (response.code === SessionErrorCode.CALLED_NAME_NOT_PRESENT ||
      response.code === SessionErrorCode.NOT_LISTENING_ON_CALLED_NAME)
  );
}

function refused(
  endpoint: string,
  response: SessionResponse,
  called: string,
  calling: string,
): DialFailure {
  const words =
    response.type === "negative"
      ? `NetBIOS session refused: ${describeSessionError(response.code, called, calling)}`
      : "the server sends us to yet another address";
  return new DialFailure(endpoint, words, {
    reason: "refused",
    ntStatusName: "NT_STATUS_RESOURCE_NAME_NOT_FOUND",
  });
}
