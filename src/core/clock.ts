/** Where time comes from: the core keeps no timers of its own, so tests can own time. */
export interface Clock {
  /** Milliseconds that only go forward. */
  now(): number;
  /** Calls `callback` once after `delayMs`; the result cancels it. Does not keep a process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
