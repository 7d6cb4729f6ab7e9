import type { Clock } from "../../core/clock.ts";
import { DialFailure } from "../../core/errors.ts";
import { FrameInlet } from "../tcp/frame-inlet.ts";
import type { OpenSocket } from "../tcp/open-socket.ts";
import { dialFailure, dialTimeout } from "../tcp/socket-failure.ts";
import { type SessionResponse, SessionResponseReader } from "./session-packets.ts";

/** Reads the answer to a session request first, then session messages. */
export class SessionInlet extends FrameInlet {
  onResponse: (response: SessionResponse) => void = () => undefined;

  constructor() {
    super(17);
    this.reader = new SessionResponseReader((response) => {
      this.reader = this.decoder;
      this.onResponse(response);
    });
  }
}

/** How to ask for a session. */
export interface SessionRequestOptions {
  readonly request: Uint8Array;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** How long the server may take to answer, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Sends a session request over a fresh connection and resolves with the answer; the socket is then
 * paused again, with nothing read beyond the answer. On failure the socket is destroyed.
 *
 * @throws {DialFailure} where the server hangs up or stays silent
 * @throws {WireFormatError} where it speaks another protocol
 */
export async function requestSession(
  { socket, inlet, endpoint }: OpenSocket<SessionInlet>,
  { request, signal, clock, timeoutMs }: SessionRequestOptions,
): Promise<SessionResponse> {
  const undo: (() => void)[] = [];
  try {
    return await new Promise<SessionResponse>((resolve, reject) => {
      const onError = (error: Error): void => reject(dialFailure(endpoint, error));
      const onEnd = (): void => reject(hangUp(endpoint));
      const onAbort = (): void => reject(signal.reason);
      socket.on("error", onError).on("end", onEnd).on("close", onEnd);
      signal.addEventListener("abort", onAbort, { once: true });
      undo.push(
        clock.after(timeoutMs, () => reject(dialTimeout(endpoint, timeoutMs))),
        () => socket.off("error", onError).off("end", onEnd).off("close", onEnd),
        () => signal.removeEventListener("abort", onAbort),
      );
      inlet.onFault = reject;
      inlet.onResponse = (response) => {
        socket.pause();
        resolve(response);
      };
      if (signal.aborted) onAbort();
      socket.write(request);
      socket.resume();
    });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    for (const each of undo) each();
  }
}

function hangUp(endpoint: string): DialFailure {
  return new DialFailure(endpoint, "the server hung up instead of answering the session request", {
    reason: "reset",
  });
}
