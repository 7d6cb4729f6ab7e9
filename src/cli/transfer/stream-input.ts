import type { Readable } from "node:stream";

/**
 * Fills `buffer` from a stream; fewer bytes than it holds mean the end. Unlike a read of its
 * descriptor this occupies no thread: an abort ends it at once, and the process can end while nobody
 * writes.
 *
 * @throws {Error} the signal's reason, or what broke the stream
 */
export async function readStream(
  stream: Readable,
  buffer: Uint8Array,
  signal: AbortSignal,
): Promise<number> {
  for (let done = 0; ; ) {
    const wanted = Math.min(buffer.length - done, stream.readableLength);
    const chunk = wanted > 0 ? (stream.read(wanted) as Buffer | null) : null;
    if (chunk !== null) {
      buffer.set(chunk, done);
      done += chunk.length;
    }
    if (done === buffer.length || stream.readableEnded) return done;
    if (chunk === null && !(await hasMore(stream, signal))) return done;
  }
}

/** Waits for bytes; false at the end. */
function hasMore(stream: Readable, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void) => (): void => {
      stream.off("readable", onReadable).off("end", onEnd).off("error", onError);
      signal.removeEventListener("abort", onAbort);
      action();
    };
    const onReadable = settle(() => resolve(true));
    const onEnd = settle(() => resolve(false));
    const onError = (error: Error): void => settle(() => reject(error))();
    const onAbort = settle(() => reject(signal.reason));
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    stream.on("end", onEnd).on("error", onError).on("readable", onReadable);
    // An end that is in the buffer is seen only by a read.
    if (stream.readableLength === 0) stream.read(0);
  });
}
