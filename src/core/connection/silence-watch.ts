import type { Clock } from "../clock.ts";

/** More bytes than an ECHO and its response come to, encrypted: real progress. */
const ECHO_BYTES = 512;
/** A request may take so many time-outs as long as the server shows by ECHO that it lives. */
const ALIVE_FACTOR = 6;

/** What the watch observes and what it does about it. */
export interface WatchedConnection {
  /** Bytes that arrived so far. */
  bytesReceived(): number;
  /** Bytes that left so far. */
  bytesSent(): number;
  /** What leaves from now on shows that the peer lives; else it may only fill a buffer here. */
  isBlocked(): boolean;
  /** When the request that has been quiet longest fell silent; undefined when none is waiting. */
  quietSinceMs(): number | undefined;
  /** Something is waited for that may rightly stay unanswered as long as the peer lives. */
  mayWait(): boolean;
  /** Asks for a sign of life; false where it cannot be asked now. */
  probe(): boolean;
  /** Nothing was heard for half of the time-out. Called again and again while that is so. */
  peerIsQuiet(): void;
  /** Nothing was heard for the whole time-out: the peer is gone. */
  peerIsSilent(silentMs: number): void;
  /** The peer lives but does not answer the quietest request. */
  requestIsStuck(silentMs: number): void;
}

/**
 * Measures silence, not total time: a request may take as long as bytes move, an ECHO after a
 * quarter of the time-out tells a slow server from a dead one.
 */
export class SilenceWatch {
  timeoutMs: number;
  readonly #clock: Clock;
  readonly #watched: WatchedConnection;
  #cancel: (() => void) | undefined;
  #receivedSeen = 0;
  #sentSeen = 0;
  #wasBlocked = false;
  #lastAliveMs = 0;
  #lastProgressMs = 0;
  #lastProbeMs = 0;

  constructor(clock: Clock, watched: WatchedConnection, timeoutMs: number) {
    this.#clock = clock;
    this.#watched = watched;
    this.timeoutMs = timeoutMs;
  }

  /** Starts watching, or goes on; called whenever a request was sent. */
  arm(): void {
    if (this.#cancel !== undefined) return;
    this.#receivedSeen = this.#watched.bytesReceived();
    this.#sentSeen = this.#watched.bytesSent();
    this.#wasBlocked = this.#watched.isBlocked();
    this.#schedule();
  }

  /** How long nothing was heard although something is waited for, in milliseconds. */
  get silentMs(): number {
    const now = this.#clock.now();
    this.#noteMovement(now);
    const quietSince = this.#watched.quietSinceMs();
    return quietSince === undefined ? 0 : now - Math.max(this.#lastAliveMs, quietSince);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #schedule(): void {
    const intervalMs = Math.max(10, Math.min(1000, this.timeoutMs / 8));
    this.#cancel = this.#clock.after(intervalMs, () => {
      this.#cancel = undefined;
      this.#check();
    });
  }

  #check(): void {
    const now = this.#clock.now();
    this.#noteMovement(now);
    const quietSince = this.#watched.quietSinceMs();
    if (quietSince === undefined) {
      if (this.#watched.mayWait()) this.#watchOver(now);
      return;
    }
    const { silentMs } = this;
    const stuckMs = now - Math.max(this.#lastProgressMs, quietSince);
    if (silentMs >= this.timeoutMs) {
      this.#watched.peerIsSilent(silentMs);
      return;
    }
    if (silentMs >= this.timeoutMs / 2) this.#watched.peerIsQuiet();
    if (stuckMs >= this.timeoutMs * ALIVE_FACTOR) this.#watched.requestIsStuck(stuckMs);
    else if (stuckMs >= this.timeoutMs / 4) this.#probe(now);
    this.#schedule();
  }

  /** Nothing says when the peer has to answer: now and then it is asked whether it lives. */
  #watchOver(now: number): void {
    const heardMs = Math.max(this.#lastAliveMs, this.#lastProbeMs);
    if (now - heardMs >= this.timeoutMs && this.#watched.probe()) this.#lastProbeMs = now;
    this.#schedule();
  }

  #noteMovement(now: number): void {
    const received = this.#watched.bytesReceived() - this.#receivedSeen;
    const sent = this.#watched.bytesSent() - this.#sentSeen;
    this.#receivedSeen += received;
    this.#sentSeen += sent;
    // A probe proves nothing, and neither does what the system takes while its buffer has room: what was
    // sent again after the loss of another connection fills that at once, whoever is at the other end.
    const isTaken = this.#wasBlocked && sent > ECHO_BYTES;
    this.#wasBlocked = this.#watched.isBlocked();
    if (received > 0 || isTaken) this.#lastAliveMs = now;
    if (received > ECHO_BYTES || isTaken) this.#lastProgressMs = now;
  }

  #probe(now: number): void {
    if (now - this.#lastProbeMs < this.timeoutMs / 4) return;
    if (this.#watched.probe()) this.#lastProbeMs = now;
  }
}
