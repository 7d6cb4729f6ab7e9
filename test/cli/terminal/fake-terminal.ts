import { EventEmitter } from "node:events";
import type { KeyboardStream } from "../../../src/cli/shell/terminal/keyboard.ts";

/** The input of a terminal: what is typed, and the mode it is in. */
export class FakeKeyboard extends EventEmitter implements KeyboardStream {
  isRaw = false;
  isPaused = true;

  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw;
  }

  resume(): void {
    this.isPaused = false;
  }

  pause(): void {
    this.isPaused = true;
  }

  type(text: string): void {
    this.emit("data", Buffer.from(text));
  }
}

/** The output of a terminal; it remembers what was written. */
export class FakeOutput extends EventEmitter {
  columns = 40;
  rows = 10;
  written = "";

  write(text: string): void {
    this.written += text;
  }

  /** What was written since the last call, escape sequences and all. */
  take(): string {
    const { written } = this;
    this.written = "";
    return written;
  }
}

const ESCAPE = "\u001b";
const SEQUENCES = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]|\r`, "g");

/** Text without escape sequences and carriage returns. */
export function plain(text: string): string {
  return text.replace(SEQUENCES, "");
}

/** Lets everything that waits for promises and immediates go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
