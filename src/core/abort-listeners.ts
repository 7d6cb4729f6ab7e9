/**
 * Listens once on each AbortSignal, however many requests wait for it: a window of a hundred READs
 * under one signal costs one listener instead of a hundred.
 */
export class AbortListeners {
  readonly #callbacks = new Map<AbortSignal, Set<() => void>>();
  readonly #listeners = new Map<AbortSignal, () => void>();

  /**
   * Calls `callback` when `signal` aborts; the result takes that back. Where it has aborted already,
   * `callback` is called soon, never inside this call.
   */
  add(signal: AbortSignal, callback: () => void): () => void {
    if (signal.aborted) return callSoon(callback);
    let callbacks = this.#callbacks.get(signal);
    if (callbacks === undefined) {
      callbacks = this.#listen(signal);
      this.#callbacks.set(signal, callbacks);
    }
    const registered = callbacks;
    registered.add(callback);
    return () => {
      registered.delete(callback);
      if (registered.size === 0) this.#forget(signal);
    };
  }

  #listen(signal: AbortSignal): Set<() => void> {
    const callbacks = new Set<() => void>();
    const listener = (): void => {
      this.#forget(signal);
      for (const callback of [...callbacks]) callback();
    };
    this.#listeners.set(signal, listener);
    signal.addEventListener("abort", listener, { once: true });
    return callbacks;
  }

  #forget(signal: AbortSignal): void {
    const listener = this.#listeners.get(signal);
    if (listener !== undefined) signal.removeEventListener("abort", listener);
    this.#listeners.delete(signal);
    this.#callbacks.delete(signal);
  }
}

function callSoon(callback: () => void): () => void {
  let isWanted = true;
  queueMicrotask(() => {
    if (isWanted) callback();
  });
  return () => {
    isWanted = false;
  };
}
