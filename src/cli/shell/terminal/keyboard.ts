import { StringDecoder } from "node:string_decoder";
import { type Key, KeyDecoder } from "./keys.ts";

/** A terminal's input. */
export interface KeyboardStream {
  setRawMode(isRaw: boolean): unknown;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** How long a lone Escape waits for the rest of a sequence. */
const ESCAPE_WAIT_MS = 60;

const BRACKETED_PASTE_ON = "\x1b[?2004h";
const BRACKETED_PASTE_OFF = "\x1b[?2004l";
const CURSOR_ON = "\x1b[?25h";

/**
 * The keys of a terminal in raw mode. What nobody reads waits: it was typed ahead. `close` gives the
 * terminal back as it was; so does the end of the process, however it comes.
 */
export class Keyboard {
  /** Sees every key first; true takes it away. For keys that act while a command runs. */
  intercept: ((key: Key) => boolean) | undefined;
  /** Called when there are keys, or when the input has ended. */
  onKeys: (() => void) | undefined;
  readonly #stream: KeyboardStream;
  readonly #write: (text: string) => void;
  readonly #bytes = new StringDecoder("utf8");
  readonly #decoder = new KeyDecoder();
  #keys: Key[] = [];
  #hasEnded = false;
  #isOpen = false;
  #escapeTimer: NodeJS.Timeout | undefined;

  /** `typedAhead` is what was read from the stream before. */
  constructor(stream: KeyboardStream, write: (text: string) => void, typedAhead = "") {
    this.#stream = stream;
    this.#write = write;
    const end = (): void => {
      this.#hasEnded = true;
      this.onKeys?.();
    };
    stream.on("end", end);
    stream.on("close", end);
    stream.on("error", end);
    this.#keys = this.#decoder.decode(typedAhead);
  }

  /** The terminal was closed: no key will come any more. */
  get hasEnded(): boolean {
    return this.#hasEnded && this.#keys.length === 0;
  }

  /** Takes the terminal: raw mode, bracketed paste. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#stream.setRawMode(true);
    this.#write(BRACKETED_PASTE_ON);
    this.#stream.on("data", this.#onData);
    this.#stream.resume();
    process.once("exit", this.#onExit);
  }

  /** Gives the terminal back in the mode it was in. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#escapeTimer);
    this.#stream.pause();
    this.#stream.off("data", this.#onData);
    process.off("exit", this.#onExit);
    try {
      this.#write(BRACKETED_PASTE_OFF + CURSOR_ON);
      this.#stream.setRawMode(false);
    } catch {
      // A terminal that has gone away needs nothing back.
    }
  }

  /** The next key, if there is one. */
  take(): Key | undefined {
    return this.#keys.shift();
  }

  /** Takes a key of this name and all before it; false where none waits. */
  takeThrough(name: string): boolean {
    const index = this.#keys.findIndex((key) => key.name === name);
    this.#keys.splice(0, index + 1);
    return index >= 0;
  }

  /** Forgets what was typed ahead. */
  discard(): void {
    this.#keys = [];
  }

  readonly #onExit = (): void => this.close();

  readonly #onData = (chunk: Uint8Array): void => {
    clearTimeout(this.#escapeTimer);
    this.#accept(this.#decoder.decode(this.#bytes.write(Buffer.from(chunk))));
    if (!this.#decoder.isUnfinished) return;
    this.#escapeTimer = setTimeout(() => this.#accept(this.#decoder.flush()), ESCAPE_WAIT_MS);
  };

  #accept(keys: readonly Key[]): void {
    for (const key of keys) {
      if (this.intercept?.(key) !== true) this.#keys.push(key);
    }
    if (this.#keys.length > 0) this.onKeys?.();
  }
}
