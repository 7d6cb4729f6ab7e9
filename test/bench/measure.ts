import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/**
 * What both programs get. NODE_EXTRA_CA_CERTS is left out: it has Node parse certificates at every
 * start, which is no work of ours, and nothing here uses TLS.
 */
const { NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env;

/** What one run of a program took. */
export interface Measurement {
  readonly wallSeconds: number;
  /** User and system time of the program and its children. */
  readonly cpuSeconds: number;
  /** The largest resident set seen; undefined for a run that was too short to be looked at. */
  readonly peakMiB: number | undefined;
  /** It was ended because it took too long, or gave up where it has a limit. */
  readonly isCut: boolean;
}

export interface Job {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** After so long it is ended; then what it did counts, as where it gives up before. */
  readonly limitSeconds?: number | undefined;
}

const POLL_MS = 10;

/**
 * Runs a program under bash's `time`, which knows what the kernel charged it for, and looks at its
 * peak memory (VmHWM never falls) while it runs.
 *
 * @throws {Error} where it does not end with status 0 and has no limit
 */
export async function measure(job: Job): Promise<Measurement> {
  const script = 'TIMEFORMAT="time: %3R %3U %3S"; time "$@"';
  const shell = spawn("bash", ["-c", script, "measure", ...job.command], {
    cwd: job.cwd,
    env: { ...environment, ...job.env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const messages = collect(shell.stderr);
  let peakKiB = 0;
  const timer = setInterval(() => {
    peakKiB = Math.max(peakKiB, ...childrenOf(shell.pid ?? 0).map(peakOf));
  }, POLL_MS);
  let isCut = false;
  const limit = setTimeout(
    () => {
      isCut = true;
      for (const pid of childrenOf(shell.pid ?? 0)) process.kill(pid, "SIGKILL");
    },
    (job.limitSeconds ?? 86_400) * 1000,
  );
  const [status] = (await once(shell, "close")) as [number | null];
  clearInterval(timer);
  clearTimeout(limit);
  const times = /time: ([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(messages());
  if (status !== 0 && !isCut && job.limitSeconds !== undefined) {
    process.stderr.write(` (given up: ${messages().split("\n")[0]})`);
    isCut = true;
  }
  if ((status !== 0 && !isCut) || times === null) {
    throw new Error(`${job.command.join(" ")}: status ${status}\n${messages()}`);
  }
  const [wall, user, system] = times.slice(1).map(Number);
  return {
    wallSeconds: wall ?? 0,
    cpuSeconds: (user ?? 0) + (system ?? 0),
    peakMiB: peakKiB === 0 ? undefined : peakKiB / 1024,
    isCut,
  };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const parts: string[] = [];
  stream?.setEncoding("utf8").on("data", (text: string) => parts.push(text));
  return () => parts.join("");
}

function childrenOf(pid: number): number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
}

function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process has just ended.
    return "";
  }
}

/** The middle value; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
