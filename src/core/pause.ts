import { AbortListeners } from "./abort-listeners.ts";
import type { Clock } from "./clock.ts";

const aborts = new AbortListeners();

/**
 * Resolves after `delayMs` on `clock`.
 *
 * @throws the reason of `signal` where that aborts first
 */
export function pause(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let forget: (() => void) | undefined;
    const cancel = clock.after(delayMs, () => {
      forget?.();
      resolve();
    });
    if (signal === undefined) return;
    forget = aborts.add(signal, () => {
      cancel();
      reject(signal.reason);
    });
  });
}
