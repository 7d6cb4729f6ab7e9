import { type Options, SingleBar } from "cli-progress";
import { printable } from "../render/printable.ts";
import type { FileProgress, TransferProgress } from "./progress.ts";
import { formatBytes, formatDuration } from "./quantities.ts";

/** A transfer that is over before this shows no bar: it would only flicker. */
const QUIET_MS = 400;
/** Redraws a second. */
const FRAMES = 8;

/** One bar for everything under way: bytes, rate, time left, files. Drawn with cli-progress. */
export class BarProgress implements TransferProgress {
  readonly #stream: NodeJS.WriteStream;
  readonly #now: () => number;
  readonly #startedAt: number;
  #bar: SingleBar | undefined;
  #isOver = false;
  #drawnAt = 0;
  #questions = 0;
  #total = 0;
  #moved = 0;
  #begun = 0;
  #done = 0;
  #failed = 0;
  #current = "";

  /** `now` tells milliseconds that only go forward. */
  constructor(stream: NodeJS.WriteStream, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
    this.#startedAt = now();
  }

  begin(file: string, size: number | undefined): FileProgress {
    this.#begun += 1;
    this.#total += size ?? 0;
    this.#current = file;
    this.#draw();
    let expected = size ?? 0;
    let moved = 0;
    return {
      expect: (bytes) => {
        this.#total += Math.max(bytes, moved) - Math.max(expected, moved);
        expected = bytes;
        this.#draw();
      },
      advance: (bytes) => {
        moved += bytes;
        this.#moved += bytes;
        // A size that was not known, or that has grown.
        if (moved > expected) this.#total += Math.min(bytes, moved - expected);
        this.#draw();
      },
      done: () => {
        this.#done += 1;
        this.#draw();
      },
      failed: () => {
        this.#failed += 1;
        this.#total -= Math.max(0, expected - moved);
        this.#draw();
      },
    };
  }

  hold(): () => void {
    this.#questions += 1;
    this.#hide();
    return () => {
      this.#questions -= 1;
    };
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#hide();
  }

  #hide(): void {
    // stop() shows the cursor again and leaves the line.
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #draw(): void {
    if (this.#isOver || this.#questions > 0) return;
    if (this.#bar === undefined) {
      if (this.#now() - this.#startedAt < QUIET_MS) return;
      this.#bar = new SingleBar(barOptions(this.#stream));
      this.#bar.start(Math.max(this.#total, 1), this.#moved, this.#payload());
      return;
    }
    if (this.#now() - this.#drawnAt < 1000 / FRAMES) return;
    this.#drawnAt = this.#now();
    this.#bar.setTotal(Math.max(this.#total, 1));
    this.#bar.update(this.#moved, this.#payload());
  }

  #payload(): Record<string, string> {
    const seconds = (this.#now() - this.#startedAt) / 1000;
    const rate = seconds > 0 ? this.#moved / seconds : 0;
    const left = rate > 0 ? (this.#total - this.#moved) / rate : Number.POSITIVE_INFINITY;
    const failures = this.#failed > 0 ? `, ${this.#failed} failed` : "";
    const files = this.#begun > 1 ? `${this.#done}/${this.#begun} files${failures}` : "";
    return {
      name: shorten(this.#current, Math.max(10, (this.#stream.columns ?? 80) - 72)),
      moved: formatBytes(this.#moved),
      all: formatBytes(this.#total),
      rate: `${formatBytes(rate)}/s`,
      left: Number.isFinite(left) ? formatDuration(left) : "-",
      files,
    };
  }
}

function barOptions(stream: NodeJS.WriteStream): Options {
  return {
    format: "{bar} {percentage}% {moved} of {all} {rate} {left} {files} {name}",
    barsize: 16,
    fps: FRAMES,
    stream,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 1,
    // Its own signal handlers would end the process behind our back.
    gracefulExit: false,
  };
}

/** The end of a path says more than its beginning. */
function shorten(path: string, width: number): string {
  const shown = printable(path);
  return shown.length <= width ? shown : `…${shown.slice(1 - width)}`;
}
