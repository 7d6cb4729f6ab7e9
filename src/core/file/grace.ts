/** How long what must not be broken off may go on after an abort, in milliseconds. */
const GRACE_MS = 3000;

const graced = new WeakMap<AbortSignal, AbortSignal>();

/**
 * A signal that aborts three seconds after `signal`: for requests that make something on the server.
 * Broken off at once, nobody would know what they left behind; answered, it can be removed.
 */
export function withGrace(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  let later = graced.get(signal);
  if (later === undefined) {
    later = abortLater(signal);
    graced.set(signal, later);
  }
  return later;
}

function abortLater(signal: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const begin = (): void => {
    const timeout = AbortSignal.timeout(GRACE_MS);
    timeout.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  };
  if (signal.aborted) controller.abort(signal.reason);
  else signal.addEventListener("abort", begin, { once: true });
  return controller.signal;
}
