import { spawn } from "node:child_process";
import type { ShellContext } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import { ToldFailures } from "./phrases.ts";
import { systemReason } from "./system-reason.ts";

/**
 * Runs a program of this computer with our streams, in the local directory; Ctrl-C is its own
 * business meanwhile.
 *
 * @throws {ToldFailures} where it ends with a status other than 0: it has said why itself
 */
export async function runProgram(
  context: ShellContext,
  program: string,
  args: readonly string[],
): Promise<void> {
  await context.io.flush();
  const run = () => waitFor(context, program, args);
  await (context.withTerminal === undefined ? run() : context.withTerminal(run));
}

function waitFor(context: ShellContext, program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: context.localCwd, stdio: "inherit" });
    child.on("error", (cause) => {
      reject(new StatedFailure(`${program}: ${systemReason(cause)}`, { cause }));
    });
    child.on("close", (status, signalName) => {
      if (status === 0) resolve();
      else reject(new ToldFailures([new Error(`${program} ended with ${signalName ?? status}`)]));
    });
  });
}

/** The shell that `!` uses: `sh -c`, or the user's own when there is nothing to run. */
export function runShell(context: ShellContext, commandLine: string): Promise<void> {
  const own = process.env["SHELL"] ?? "/bin/sh";
  return commandLine === ""
    ? runProgram(context, own, [])
    : runProgram(context, "/bin/sh", ["-c", commandLine]);
}
