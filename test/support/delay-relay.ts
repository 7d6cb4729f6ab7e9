import { fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";

/** Above this a sender is held back: memory is not endless. Far more than any window under test. */
const BUFFER_LIMIT = 64 * 1024 * 1024;

/** A relay in a process of its own. */
export interface DelayRelay extends AsyncDisposable {
  /** Where to connect on 127.0.0.1. */
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Starts a TCP relay to a port of this machine that makes the way longer: each direction takes half
 * of `roundTripMs`. Bandwidth is not limited, order is kept.
 */
export async function startDelayRelay(
  targetPort: number,
  roundTripMs: number,
): Promise<DelayRelay> {
  const program = fileURLToPath(import.meta.url);
  const child = fork(program, [String(targetPort), String(roundTripMs)], {
    execArgv: ["--import", "tsx"],
  });
  const [port] = (await once(child, "message")) as [number];
  const exited = once(child, "exit");
  const stop = async (): Promise<void> => {
    child.kill();
    await exited;
  };
  return { port, stop, [Symbol.asyncDispose]: stop };
}

/** Passes on what one socket receives to another, each piece `delayMs` after it came. */
class DelayedDirection {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delayMs: number;
  /** Pieces that are under way, oldest first; undefined is the end of the stream. */
  #queue: { readonly due: number; readonly bytes: Buffer | undefined }[] = [];
  #buffered = 0;
  #isTimerSet = false;

  constructor(from: Socket, to: Socket, delayMs: number) {
    this.#from = from;
    this.#to = to;
    this.#delayMs = delayMs;
    from.on("data", (bytes: Buffer) => this.#push(bytes));
    from.on("end", () => this.#push(undefined));
    from.on("close", (hadError) => hadError && to.destroy());
    from.on("error", () => undefined);
  }

  #push(bytes: Buffer | undefined): void {
    this.#queue.push({ due: performance.now() + this.#delayMs, bytes });
    this.#buffered += bytes?.length ?? 0;
    if (this.#buffered > BUFFER_LIMIT) this.#from.pause();
    this.#schedule();
  }

  #schedule(): void {
    const head = this.#queue[0];
    if (head === undefined || this.#isTimerSet) return;
    this.#isTimerSet = true;
    setTimeout(() => this.#deliver(), head.due - performance.now());
  }

  #deliver(): void {
    this.#isTimerSet = false;
    const now = performance.now();
    const count = this.#queue.findIndex(({ due }) => due > now);
    const ready = this.#queue.splice(0, count === -1 ? this.#queue.length : count);
    for (const { bytes } of ready) {
      if (bytes === undefined) this.#to.end();
      else this.#to.write(bytes, () => this.#written(bytes.length));
    }
    this.#schedule();
  }

  #written(length: number): void {
    this.#buffered -= length;
    if (this.#buffered < BUFFER_LIMIT / 2) this.#from.resume();
  }
}

function relay(targetPort: number, roundTripMs: number): void {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const target = connect({
      host: "127.0.0.1",
      port: targetPort,
      noDelay: true,
      allowHalfOpen: true,
    });
    new DelayedDirection(client, target, roundTripMs / 2);
    new DelayedDirection(target, client, roundTripMs / 2);
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
  // The parent is gone: nobody needs us.
  process.on("disconnect", () => process.exit());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  relay(Number(process.argv[2]), Number(process.argv[3]));
}
