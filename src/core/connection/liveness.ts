import { TimeoutError } from "../errors.ts";
import type { Transport } from "../transport.ts";
import type { CreditWindow } from "./credit-window.ts";
import type { OutstandingRequest, OutstandingRequests } from "./outstanding-requests.ts";
import type { WatchedConnection } from "./silence-watch.ts";

/** What the silence of a connection is judged by, and what can be done about it. */
export interface LivenessParts {
  readonly transport: Transport;
  readonly outstanding: OutstandingRequests;
  readonly window: CreditWindow;
  /** Sends an ECHO; false where that is not possible now. */
  probe(): boolean;
  /** Asks the server to stop working on a request. */
  cancel(request: OutstandingRequest): void;
  /** Nothing was heard for half of the time-out. */
  quiet(): void;
  /** Ends the connection. */
  abort(reason: Error): void;
}

/** A connection as its watch sees it: who waits for what, and what to do when nothing comes. */
export class Liveness implements WatchedConnection {
  readonly #parts: LivenessParts;

  constructor(parts: LivenessParts) {
    this.#parts = parts;
  }

  bytesReceived(): number {
    return this.#parts.transport.bytesReceived;
  }

  bytesSent(): number {
    return this.#parts.transport.bytesSent;
  }

  isBlocked(): boolean {
    return this.#parts.transport.isBlocked ?? true;
  }

  quietSinceMs(): number | undefined {
    const { outstanding, window } = this.#parts;
    return outstanding.quietest()?.quietSinceMs ?? window.waitingSinceMs;
  }

  mayWait(): boolean {
    return this.#parts.outstanding.mayWait;
  }

  probe(): boolean {
    return this.#parts.window.available > 0 && this.#parts.probe();
  }

  peerIsQuiet(): void {
    this.#parts.quiet();
  }

  peerIsSilent(silentMs: number): void {
    const { outstanding, transport } = this.#parts;
    const waiting = outstanding.quietest()?.sent.commandName;
    const what = waiting === undefined ? "credits" : `the answer to ${waiting}`;
    const text = `${transport.remoteAddress} has been silent for ${seconds(silentMs)} (waiting for ${what})`;
    this.#parts.abort(new TimeoutError(text, silentMs));
  }

  requestIsStuck(silentMs: number): void {
    const { outstanding, window } = this.#parts;
    const request = outstanding.quietest();
    if (request === undefined) {
      const text = `The server has granted no credits for ${seconds(silentMs)}`;
      window.refuseFirst(new TimeoutError(text, silentMs));
      return;
    }
    const text = `${request.sent.commandName} has not been answered for ${seconds(silentMs)}`;
    request.abandon(new TimeoutError(text, silentMs));
    this.#parts.cancel(request);
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
