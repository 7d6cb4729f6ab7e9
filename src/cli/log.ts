import { loadMessageDescriber, type TraceEvent, type TraceListener } from "../core/index.ts";
import type { Io } from "./io.ts";

/** From which `-d` on what is told. */
export const DebugLevel = {
  /** The story of the connection. */
  STORY: 1,
  /** Stacks behind errors. */
  STACKS: 3,
  /** One line for each command of each message. */
  MESSAGES: 5,
  /** The header of each message in hexadecimal. */
  HEADERS: 10,
} as const;

/** The log of a run: nothing at level 0. No level shows passwords, tokens or the contents of files. */
export class Log {
  readonly level: number;
  readonly #write: (text: string) => void;

  constructor(io: Pick<Io, "out" | "err">, options: { level: number; toStdout: boolean }) {
    this.level = options.level;
    this.#write = options.toStdout ? (text) => io.out(text) : (text) => io.err(text);
  }

  /** Whole lines, told from `level` on. */
  tell(level: number, text: string): void {
    if (this.level >= level) this.#write(text);
  }

  /** Warnings in Samba's words: at any level. */
  warn(text: string): void {
    this.#write(`${text}\n`);
  }

  /** What listens to messages at this level, if anything. */
  async traceListener(): Promise<TraceListener | undefined> {
    if (this.level < DebugLevel.MESSAGES) return undefined;
    const describe = await loadMessageDescriber();
    return (event) => {
      const message = wholeOf(event);
      const direction = event.direction === "sent" ? "request" : "response";
      const arrow = event.direction === "sent" ? "->" : "<-";
      const seal = event.isEncrypted ? " (encrypted)" : "";
      const lines = describe(message, direction)
        .split("\n")
        .map((line) => `${arrow} ${line}${seal}\n`);
      this.#write(lines.join(""));
      if (this.level >= DebugLevel.HEADERS) this.#write(hexOfHeader(message));
    };
  }
}

/** The parts as one run of bytes. Tracing may cost copies. */
function wholeOf(event: TraceEvent): Uint8Array {
  const [first = new Uint8Array(0)] = event.parts;
  return event.parts.length === 1 ? first : Buffer.concat(event.parts);
}

const HEADER_LENGTH = 64;

/** Lines of 16 bytes; the header of an SMB2 message holds no secret, what follows might. */
function hexOfHeader(message: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(HEADER_LENGTH, message.length); at += 16) {
    const bytes = Buffer.from(message.subarray(at, Math.min(at + 16, HEADER_LENGTH)));
    const hex = bytes.toString("hex").replace(/(..)(?=.)/g, "$1 ");
    lines.push(`   ${at.toString(16).padStart(4, "0")}  ${hex}\n`);
  }
  return lines.join("");
}
