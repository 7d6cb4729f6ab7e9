import cliProgress, { type Options } from "cli-progress";
import { printable } from "../render/printable.ts";
import { DrawnLine, type DrawnOn, isForeground } from "./drawn-line.ts";
import type { FileProgress, Items, Measure, TransferProgress } from "./progress.ts";
import { ProgressCount } from "./progress-count.ts";
import { formatBytes, formatDuration } from "./quantities.ts";
import { readAhead } from "./read-ahead.ts";

/** A transfer that is over before this shows no bar: it would only flicker. */
const QUIET_MS = 400;
/** No more than eight redraws a second. */
const FRAME_MS = 125;
/** So many files are looked for ahead of those that are moved. */
const FILES_AHEAD = 10_000;
const BAR_COLUMNS = 16;
const BAR: Options = {
  barsize: BAR_COLUMNS,
  barGlue: "",
  barCompleteString: "█".repeat(BAR_COLUMNS),
  barIncompleteString: "░".repeat(BAR_COLUMNS),
};

/**
 * One bar for everything under way: bytes, rate, time left, files. cli-progress formats it; the line is
 * drawn by `DrawnLine`, since cli-progress restores a cursor position that is wrong after Ctrl-Z.
 */
export class BarProgress implements TransferProgress {
  readonly #line: DrawnLine;
  readonly #now: () => number;
  readonly #mayDraw: () => boolean;
  readonly #startedAt: number;
  readonly #count = new ProgressCount(() => this.#changed());
  #printing: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #isStopping = false;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #questions = 0;
  /** Since when nothing could be moved, because a question was open. */
  #heldAt = 0;
  #heldMs = 0;
  #looksAhead = true;
  #current = "";

  /** `now` gives milliseconds that only go forward, `mayDraw` whether the terminal is ours. */
  constructor(
    terminal: DrawnOn,
    now: () => number = () => performance.now(),
    mayDraw: () => boolean = isForeground,
  ) {
    this.#mayDraw = mayDraw;
    this.#line = new DrawnLine(terminal);
    this.#now = now;
    this.#startedAt = now();
    process.on("SIGTSTP", this.#onStop);
  }

  survey<T>(items: Items<T>, measure: (item: T) => Measure): Items<T> {
    this.#count.survey();
    return readAhead(items, {
      limit: this.#looksAhead ? FILES_AHEAD : 1,
      onItem: (item) => this.#count.found(measure(item)),
      onEnd: () => this.#count.foundAll(),
    });
  }

  begin(file: string, size: number | undefined): FileProgress {
    this.#current = file;
    return this.#count.begin(size);
  }

  print(write: () => void): void {
    this.#printing.push(write);
    this.#changed();
  }

  asksForEach(): void {
    this.#looksAhead = false;
  }

  hold(): () => void {
    if (this.#questions === 0) this.#heldAt = this.#now();
    this.#questions += 1;
    this.#line.hide();
    return () => {
      this.#questions -= 1;
      if (this.#questions === 0) this.#heldMs += this.#now() - this.#heldAt;
      this.#changed();
    };
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    process.off("SIGTSTP", this.#onStop);
    this.#line.hide();
    this.#flush();
  }

  /** Draws now, or when it is time to. */
  #changed(): void {
    if (this.#isOver) return;
    const due = Math.max(this.#drawnAt + FRAME_MS, this.#startedAt + QUIET_MS) - this.#now();
    if (due <= 0) this.#draw();
    else this.#timer ??= setTimeout(() => this.#draw(), due).unref();
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isOver || this.#isStopping || this.#questions > 0) return;
    this.#drawnAt = this.#now();
    if (this.#printing.length > 0) {
      this.#line.hide();
      this.#flush();
    }
    if (this.#mayDraw()) this.#line.draw(this.#text());
  }

  #flush(): void {
    const writing = this.#printing;
    this.#printing = [];
    for (const write of writing) write();
  }

  #text(): string {
    const { fraction, there, total, moved, files, done, failed } = this.#count;
    const seconds = (this.#now() - this.#startedAt - this.#heldMs) / 1000;
    const rate = seconds > 0 ? moved / seconds : 0;
    const isKnown = fraction !== undefined;
    const left = isKnown && rate > 0 ? formatDuration((total - there) / rate) : "-";
    const parts = [
      ...(isKnown ? [bar(fraction), `${Math.floor(fraction * 100)}%`] : []),
      isKnown ? `${formatBytes(there)} of ${formatBytes(total)}` : formatBytes(there),
      `${formatBytes(rate)}/s`,
      ...(isKnown ? [left] : []),
      ...(files > 1 ? [`${done}/${files} files`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
    ];
    const name = shorten(this.#current, Math.max(10, this.#line.columns - 72));
    return `${parts.join(" ")} ${name}`;
  }

  /**
   * Ctrl-Z: the line is left as the shell expects it, and drawn anew where the cursor is afterwards.
   * Stopped by the system's own rule, which leaves alone who has nobody to continue him.
   */
  readonly #onStop = (): void => {
    this.#line.hide();
    this.#isStopping = true;
    const stoppedAt = this.#now();
    process.off("SIGTSTP", this.#onStop);
    process.kill(process.pid, "SIGTSTP");
    setImmediate(() => {
      this.#isStopping = false;
      this.#heldMs += this.#now() - stoppedAt;
      if (!this.#isOver) process.on("SIGTSTP", this.#onStop);
      this.#changed();
    });
  };
}

/** Only what is complete fills the bar: cli-progress would round up. */
function bar(fraction: number): string {
  return cliProgress.Format.BarFormat(Math.floor(fraction * BAR_COLUMNS) / BAR_COLUMNS, BAR);
}

/** The end of a path says more than its beginning. */
function shorten(path: string, width: number): string {
  const shown = printable(path);
  return shown.length <= width ? shown : `…${shown.slice(1 - width)}`;
}
