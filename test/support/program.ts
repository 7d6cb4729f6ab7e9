import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { PATIENCE_MS } from "./patience.ts";
import { wireArguments } from "./wire.ts";

/** The built program, as users start it. */
export const SMBX: string = fileURLToPath(new URL("../../bin/smbx.cjs", import.meta.url));

/** How a program ended. */
export interface Finished {
  /** undefined where a signal ended it. */
  readonly status: number | undefined;
  /** What ended it, where that was a signal. */
  readonly signal?: NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Variables besides PATH and HOME; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What stands on standard input; nothing at all where not given. */
  readonly input?: string;
  readonly cwd?: string;
  /** After so many milliseconds it is killed: a hang fails a test instead of stopping all. */
  readonly timeoutMs?: number;
  /** What kills it then: SIGTERM where not given. */
  readonly killSignal?: NodeJS.Signals;
  /** Called with the process that has been started, which may be sent signals. */
  readonly started?: (child: ChildProcess) => void;
}

/** Runs a program to its end in a clean environment. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Finished> {
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { PATH, HOME, TMPDIR, SMB_CONF_PATH: "/dev/null", TZ: "UTC", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: options.timeoutMs ?? PATIENCE_MS,
    killSignal: options.killSignal ?? "SIGTERM",
  });
  options.started?.(child);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A program that does not read its input may be gone before it is written.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        status: code ?? undefined,
        ...(signal === null ? {} : { signal }),
        stdout: Buffer.concat(stdout).toString("utf8"),
        stderr: Buffer.concat(stderr).toString("utf8"),
      }),
    );
  });
}

/** What Node is to run: smbx on the wire of this process, with these arguments. */
export function smbxCommand(...args: readonly string[]): readonly string[] {
  return [SMBX, ...wireArguments(), ...args];
}

/** Runs smbx. */
export function runSmbx(args: readonly string[], options?: ProgramOptions): Promise<Finished> {
  return runProgram(process.execPath, smbxCommand(...args), options);
}
