import type { Socket } from "node:net";

/** A batch is written at once when it has so many bytes. */
const FULL_BYTES = 64 * 1024;

/**
 * Joins the small frames of one turn of the event loop: the first leaves at once, so that the peer can
 * work on it while we are still busy, and those behind it follow in one write. A burst of requests
 * then costs two system calls, and wakes the peer twice.
 */
export class WriteBatch {
  readonly #socket: Socket;
  #frames: Uint8Array[] = [];
  #length = 0;
  #isScheduled = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Takes a frame that nobody else will change. */
  add(frame: Uint8Array): void {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      this.#socket.write(frame);
      // After the promises of this turn, and before anything is read.
      process.nextTick(() => {
        this.#isScheduled = false;
        this.flush();
      });
      return;
    }
    this.#frames.push(frame);
    this.#length += frame.length;
    if (this.#length >= FULL_BYTES) this.flush();
  }

  /** Hands everything over; called before whatever is to be written behind it. */
  flush(): void {
    if (this.#length === 0 || this.#socket.destroyed) return;
    const [only] = this.#frames;
    const bytes =
      this.#frames.length === 1 && only !== undefined
        ? only
        : Buffer.concat(this.#frames, this.#length);
    this.#frames = [];
    this.#length = 0;
    this.#socket.write(bytes);
  }
}
