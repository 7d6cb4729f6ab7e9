import type { Clock } from "../clock.ts";
import { BUSY_STATUSES } from "../nt-status-classes.ts";
import { NtStatusError } from "../nt-status-error.ts";
import { pause } from "../pause.ts";

/** How long a server may be too busy for one request, in milliseconds. */
const PATIENCE_MS = 2000;
const FIRST_WAIT_MS = 50;

/**
 * Sends a request again while the server answers that it has no room for it now, for about two
 * seconds: it was not carried out.
 *
 * @param send sends it once and resolves with its reply, or with the status it failed with
 */
export async function whileBusy<R>(
  clock: Clock,
  signal: AbortSignal | undefined,
  send: () => Promise<R | NtStatusError>,
): Promise<R | NtStatusError> {
  const sinceMs = clock.now();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs *= 2) {
    const result = await send();
    const isBusy = result instanceof NtStatusError && BUSY_STATUSES.includes(result.status);
    const leftMs = sinceMs + PATIENCE_MS - clock.now();
    if (!isBusy || leftMs <= 0) return result;
    await pause(clock, Math.min(waitMs, leftMs), signal);
  }
}
