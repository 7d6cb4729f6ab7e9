import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { unavailable } from "ngtcp2-napi";
import type { RelaySettings } from "./relay-settings.ts";

/** Implementations of QUIC that a relay can be made of: our own, quiche, and aioquic. */
export const QUIC_STACKS = ["ngtcp2", "quiche", "aioquic"] as const;
export type QuicStack = (typeof QUIC_STACKS)[number];

/** Names the Python that has aioquic, as a command: `chroot /srv/trixie python3`. */
const PYTHON_VARIABLE = "SMBX_AIOQUIC_PYTHON";

/** Why there is no relay of this stack here, or undefined. */
export function stackUnavailable(stack: QuicStack): string | undefined {
  if (stack === "ngtcp2") return unavailable();
  return stack === "quiche" ? quicheUnavailable() : aioquicUnavailable();
}

function quicheUnavailable(): string | undefined {
  try {
    // Not for every processor there is a binary; types are there for all.
    import.meta.resolve(`@matrixai/quic-${process.platform}-${process.arch}/package.json`);
    return undefined;
  } catch {
    return `@matrixai/quic has no binary for ${process.platform} on ${process.arch}`;
  }
}

function aioquicUnavailable(): string | undefined {
  const [command = "", ...args] = python();
  const { status } = spawnSync(command, [...args, "-c", "import aioquic"], { stdio: "ignore" });
  return status === 0
    ? undefined
    : `${python().join(" ")} has no aioquic (Debian 13: python3-aioquic; ${PYTHON_VARIABLE} names another Python)`;
}

function python(): readonly string[] {
  return (process.env[PYTHON_VARIABLE] ?? "python3").split(" ").filter((word) => word !== "");
}

/** A relay in a process of its own, so that it can be killed, and takes no time of the client. */
export class RelayProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, port: number) {
    this.#child = child;
    this.port = port;
  }

  /** @throws {Error} where it does not start; what it says is on standard error */
  static async start(stack: QuicStack, settings: RelaySettings): Promise<RelayProcess> {
    const [command = "", ...args] = commandOf(stack);
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.on("error", () => {});
    child.stdin.write(`${JSON.stringify(settings)}\n`);
    const lines = createInterface({ input: child.stdout });
    const port = await Promise.race([
      once(lines, "line").then(([line]) => Number(line)),
      once(child, "close").then(() => 0),
    ]);
    if (port > 0) return new RelayProcess(child, port);
    throw new Error(`The relay of ${stack} has ended at once`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Updates the keys of all connections. Not quiche: it has no call for that. */
  updateKeys(): void {
    this.#child.stdin.write("update-keys\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const exited = once(this.#child, "exit");
    // The end of its input ends a relay that runs; one that is stopped needs more.
    this.#child.stdin.end();
    this.#child.kill("SIGKILL");
    await exited;
  }
}

function commandOf(stack: QuicStack): readonly string[] {
  const place = (name: string): string => join(import.meta.dirname, name);
  return stack === "aioquic"
    ? // In another root there is no file of ours.
      [...python(), "-c", readFileSync(place("aioquic-relay.py"), "utf8")]
    : [process.execPath, "--import", "tsx", place("relay-main.ts"), stack];
}
