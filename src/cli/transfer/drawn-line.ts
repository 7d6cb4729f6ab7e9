import { readFileSync } from "node:fs";
import { displayWidth } from "../render/display-width.ts";

/** The part of a terminal that is needed to draw one line again and again. */
export interface DrawnOn {
  readonly columns?: number;
  write(text: string): unknown;
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const ERASE_TO_END = "\x1b[K";

/**
 * The last line of a terminal, drawn over itself. It is found by where the cursor is and by nothing
 * else, so that it never lands on what others wrote in the meantime.
 */
export class DrawnLine {
  readonly #terminal: DrawnOn;
  #isShown = false;

  constructor(terminal: DrawnOn) {
    this.#terminal = terminal;
  }

  get columns(): number {
    return this.#terminal.columns || 80;
  }

  draw(text: string): void {
    const start = this.#isShown ? "\r" : `\r${HIDE_CURSOR}`;
    this.#isShown = true;
    // A full line would wrap, and could not be drawn over any more.
    this.#terminal.write(`${start}${fitting(text, this.columns - 1)}${ERASE_TO_END}`);
  }

  /** Leaves an empty line with the cursor at its start. */
  hide(): void {
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#terminal.write(`\r${ERASE_TO_END}${SHOW_CURSOR}`);
  }
}

function fitting(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let shown = "";
  let width = 0;
  for (const character of text) {
    width += displayWidth(character);
    if (width > columns) break;
    shown += character;
  }
  return shown;
}

/** Whether the terminal is ours: false for a job in the background. True where that is not known. */
export function isForeground(): boolean {
  try {
    // proc_pid_stat(5): behind the name in parentheses state, ppid, pgrp, session, tty_nr, tpgid.
    const fields = readFileSync("/proc/self/stat", "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    const [, , group, , , foreground] = fields;
    return foreground === "-1" || foreground === group;
  } catch {
    return true;
  }
}
