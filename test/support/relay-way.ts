import type { Socket } from "node:net";

/** Above this a sender is held back, as a network with little memory would do it. */
const BUFFER_LIMIT = 1024 * 1024;

/** One direction of one connection: a queue, and what holds it up. */
export class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #gate: FrameGate | undefined;
  #isEnding = false;
  #isBusy = false;
  #stalledUntil = 0;
  #splitBytes = 0;
  #splitLargest = 1;
  #bytesPerMs = Number.POSITIVE_INFINITY;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    to.on("close", () => {
      this.#queue.length = 0;
    });
  }

  push(came: Buffer): void {
    const bytes = this.#gate === undefined ? came : this.#gate.pass(came);
    if (bytes.length === 0 || this.#isEnding) return;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (this.#queued > BUFFER_LIMIT) this.#from.pause();
    this.#drain();
  }

  /** No more after what is queued. */
  end(): void {
    this.#isEnding = true;
    this.#drain();
  }

  muteAfter(frames: number): void {
    this.#gate = new FrameGate(frames);
  }

  stall(ms: number): void {
    this.#stalledUntil = Math.max(this.#stalledUntil, performance.now() + ms);
  }

  split(bytes: number, largest: number): void {
    this.#splitBytes = bytes;
    this.#splitLargest = largest;
  }

  slow(bytesPerMs: number): void {
    this.#bytesPerMs = bytesPerMs;
  }

  #drain(): void {
    if (this.#isBusy || this.#to.destroyed) return;
    const stallMs = this.#stalledUntil - performance.now();
    const head = this.#queue[0];
    if (stallMs > 0) this.#later(stallMs);
    else if (head === undefined) this.#finish();
    else this.#send(head);
  }

  #finish(): void {
    if (this.#isEnding && !this.#to.writableEnded) this.#to.end();
  }

  #send(head: Buffer): void {
    const isSplit = this.#splitBytes > 0;
    const piece = head.subarray(0, this.#pieceLength(head.length));
    if (piece.length === head.length) this.#queue.shift();
    else this.#queue[0] = head.subarray(piece.length);
    this.#splitBytes -= Math.min(this.#splitBytes, piece.length);
    this.#isBusy = true;
    this.#to.write(piece, () => {
      this.#queued -= piece.length;
      if (this.#queued < BUFFER_LIMIT / 2) this.#from.resume();
      this.#isBusy = false;
      const ms = piece.length / this.#bytesPerMs;
      if (ms > 0) this.#later(ms);
      // What is written at once is also read at once.
      else if (isSplit) setImmediate(() => this.#drain());
      else this.#drain();
    });
  }

  #pieceLength(available: number): number {
    if (this.#splitBytes > 0) {
      // Odd boundaries, the same for the same bytes left.
      return Math.min(available, 1 + ((this.#splitBytes * 7919) % this.#splitLargest));
    }
    return this.#bytesPerMs === Number.POSITIVE_INFINITY
      ? available
      : Math.min(available, Math.max(1, Math.ceil(this.#bytesPerMs * 10)));
  }

  #later(ms: number): void {
    this.#isBusy = true;
    const timer = setTimeout(() => {
      this.#isBusy = false;
      this.#drain();
    }, ms);
    timer.unref();
  }
}

/** Lets so many frames of direct TCP ([MS-SMB2] 2.1) through, and swallows the rest. */
class FrameGate {
  #left: number;
  /** What came of a frame that is not whole yet. */
  #partial: Buffer = Buffer.alloc(0);

  constructor(frames: number) {
    this.#left = frames;
  }

  pass(bytes: Buffer): Buffer {
    this.#partial = Buffer.concat([this.#partial, bytes]);
    let end = 0;
    while (this.#left > 0 && this.#partial.length - end >= 4) {
      const length = 4 + (this.#partial.readUInt32BE(end) & 0xff_ffff);
      if (this.#partial.length - end < length) break;
      this.#left -= 1;
      end += length;
    }
    const whole = this.#partial.subarray(0, end);
    this.#partial = this.#left > 0 ? this.#partial.subarray(end) : Buffer.alloc(0);
    return whole;
  }
}
