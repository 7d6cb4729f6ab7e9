import { NtStatusError } from "../nt-status-error.ts";
import { pause } from "../pause.ts";
import type { CallOptions, TreeConnect } from "../tree/tree-connect.ts";

/** How long what stands in the way may take to go, in milliseconds. */
const PATIENCE_MS = 2000;
const FIRST_WAIT_MS = 50;

/**
 * Does something again while it fails with one of `statuses`, for about two seconds: a virus scanner
 * or an indexer looks at each new file for a moment, and a file that was deleted keeps its name until
 * the last who has it open closes it.
 *
 * @throws {NtStatusError} of the last attempt
 */
export async function patiently<T>(
  tree: TreeConnect,
  statuses: readonly number[],
  run: () => Promise<T>,
  options: CallOptions = {},
): Promise<T> {
  const { clock } = tree.session.connection;
  const sinceMs = clock.now();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs *= 2) {
    try {
      return await run();
    } catch (error) {
      const leftMs = sinceMs + PATIENCE_MS - clock.now();
      const mayPass = error instanceof NtStatusError && statuses.includes(error.status);
      if (!mayPass || leftMs <= 0) throw error;
      await pause(clock, Math.min(waitMs, leftMs), options.signal);
    }
  }
}
