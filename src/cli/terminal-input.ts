import { StringDecoder } from "node:string_decoder";

/** Standard input as we need it: a terminal, or any stream of bytes. */
export interface InputStream {
  readonly isTTY?: boolean | undefined;
  setRawMode?(isRaw: boolean): unknown;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** The key that ended the reading of a secret. */
export class InterruptedInput extends Error {
  constructor() {
    super("interrupted");
    this.name = "AbortError";
  }
}

const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_U = "\x15";
const CTRL_W = "\x17";

/** A line that is typed without being seen. */
class SecretLine {
  readonly #characters: string[] = [];
  #hasEndOfInput = false;

  get isEmpty(): boolean {
    return this.#characters.length === 0;
  }

  get value(): string | undefined {
    return this.#hasEndOfInput ? undefined : this.#characters.join("");
  }

  /** Takes a key; true when the line is complete. */
  press(key: string): boolean {
    switch (key) {
      case CTRL_C:
        throw new InterruptedInput();
      case "\r":
      case "\n":
        return true;
      case CTRL_D:
        this.#hasEndOfInput = this.isEmpty;
        return this.isEmpty;
      case "\x7f":
      case "\b":
        this.#characters.pop();
        return false;
      case CTRL_U:
      case CTRL_W:
        this.#characters.length = 0;
        return false;
      default:
        this.#characters.push(key);
        return false;
    }
  }
}

/** Lines of standard input, read only as far as somebody asks. */
export class TerminalInput {
  readonly #stream: InputStream;
  readonly #decoder = new StringDecoder("utf8");
  #buffer = "";
  #isStarted = false;
  #hasEnded = false;
  #wake: (() => void) | undefined;

  constructor(stream: InputStream) {
    this.#stream = stream;
  }

  /** The next line without its end; what stands behind the last line end is a line too. */
  async readLine(): Promise<string | undefined> {
    for (;;) {
      const end = this.#buffer.indexOf("\n");
      if (end >= 0) {
        const line = this.#buffer.slice(0, end).replace(/\r$/, "");
        this.#buffer = this.#buffer.slice(end + 1);
        return line;
      }
      if (this.#hasEnded) {
        const rest = this.#buffer;
        this.#buffer = "";
        return rest === "" ? undefined : rest;
      }
      await this.#more();
    }
  }

  /**
   * A line typed without echo; undefined for Ctrl-D on an empty line. `ask` shows the question: what
   * is typed as soon as it can be seen is not shown either. The terminal is back in its mode
   * whatever happens.
   *
   * @throws {InterruptedInput} at Ctrl-C
   */
  async readSecret(ask: () => void): Promise<string | undefined> {
    const restore = (): void => void this.#stream.setRawMode?.(false);
    process.once("exit", restore);
    this.#stream.setRawMode?.(true);
    try {
      ask();
      return await this.#secretLine();
    } finally {
      restore();
      process.off("exit", restore);
    }
  }

  async #secretLine(): Promise<string | undefined> {
    const line = new SecretLine();
    for (;;) {
      for (const character of this.#takeAll()) {
        if (line.press(character)) return line.value;
      }
      if (this.#hasEnded) return line.isEmpty ? undefined : line.value;
      await this.#more();
    }
  }

  /** Characters one by one; what is not asked for stays. */
  *#takeAll(): Generator<string> {
    while (this.#buffer !== "") {
      const character = String.fromCodePoint(this.#buffer.codePointAt(0) as number);
      this.#buffer = this.#buffer.slice(character.length);
      yield character;
    }
  }

  /** What was read and not asked for yet; it is handed over and forgotten here. */
  takeRest(): string {
    const rest = this.#buffer;
    this.#buffer = "";
    return rest;
  }

  #more(): Promise<void> {
    this.#start();
    return new Promise((resolve) => {
      this.#wake = resolve;
      // Only while somebody waits: the rest of the time the stream may have another reader.
      this.#stream.on("data", this.#onData);
      this.#stream.resume();
    });
  }

  readonly #onData = (chunk: Uint8Array): void => {
    this.#buffer += this.#decoder.write(Buffer.from(chunk));
    this.#stopWaiting();
  };

  #stopWaiting(): void {
    if (this.#wake === undefined) return;
    this.#stream.pause();
    this.#stream.off("data", this.#onData);
    this.#wake();
    this.#wake = undefined;
  }

  #start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const end = (): void => {
      if (!this.#hasEnded) this.#buffer += this.#decoder.end();
      this.#hasEnded = true;
      this.#stopWaiting();
    };
    this.#stream.on("end", end);
    this.#stream.on("close", end);
    this.#stream.on("error", end);
  }
}
