import { changeDirectory } from "./commands/cd.ts";
import { connectShare } from "./connect.ts";
import { ExitCode } from "./exit-codes.ts";
import type { Interrupts } from "./interrupts.ts";
import { DebugLevel } from "./log.ts";
import type { Options } from "./option-values.ts";
import type { CommandOutcome, Personality } from "./personality.ts";
import { printable } from "./render/printable.ts";
import type { Run } from "./run.ts";
import { History, historyPath } from "./shell/history.ts";
import { runLineShell } from "./shell/line-shell.ts";
import { ShellState } from "./shell/shell-state.ts";
import type { TerminalSession } from "./shell/terminal/index.ts";
import { shellSettings } from "./shell-settings.ts";
import {
  isRemoteLocation,
  parseLocation,
  parseService,
  type RemoteLocation,
  withoutPassword,
} from "./url.ts";
import { usageText } from "./usage.ts";
import { UsageError } from "./usage-error.ts";

/** The shell, `-c`, or commands on standard input. Returns the exit status. */
export async function runShell(run: Run, service: string): Promise<number> {
  const { io, options, personality } = run;
  const location = readService(service, personality);
  if (location === undefined) return refuseService(run, service);
  const client = await run.connect(location);
  const tree = await connectShare(run, client, location.share);
  const isInteractive = options.command === undefined && io.isInputTerminal;
  const history = await History.load(
    isInteractive ? historyPath(run.environment.environment) : undefined,
  );
  const terminal = isInteractive && io.isTerminal ? await loadTerminal(run) : undefined;
  const state = new ShellState({
    io: terminal?.io ?? io,
    personality,
    settings: shellSettings(options, personality),
    client,
    tree,
    localCwd: run.environment.localCwd,
    history,
    debugLevel: options.debugLevel,
    signal: run.signal,
    ...(terminal === undefined ? {} : { withTerminal: terminal.withTerminal }),
  });
  await changeToStart(state, location, options);
  if (options.command !== undefined) {
    return personality.exitStatus(await state.runText(options.command), "command-line");
  }
  try {
    return terminal === undefined
      ? await talk(run, state)
      : await talkOnTerminal(run, state, terminal);
  } finally {
    await history.save();
  }
}

async function loadTerminal({ environment, personality, log }: Run): Promise<TerminalSession> {
  const { openTerminal } = await import("./shell/terminal/index.ts");
  return openTerminal({
    ...environment,
    isPlain: !personality.hasExtensions,
    onInkMissing: (reason) => {
      const why = reason instanceof Error ? reason.message : String(reason);
      log.tell(DebugLevel.STORY, `ink, which draws the prompt, is missing: ${printable(why)}\n`);
    },
  });
}

async function talkOnTerminal(
  { environment, options, personality }: Run,
  state: ShellState,
  terminal: TerminalSession,
): Promise<number> {
  try {
    const shell = terminal.run(state, { quiet: options.quiet });
    const outcomes = await outcomesOf(shell, state, environment.interrupts);
    return personality.exitStatus(outcomes, "terminal");
  } finally {
    terminal.close();
  }
}

async function talk(run: Run, state: ShellState): Promise<number> {
  const { options, personality } = run;
  const { interrupts, environment } = run.environment;
  // At a terminal Ctrl-C is for the command; without one there is nobody to type the next.
  const release = run.io.isInputTerminal
    ? interrupts.takeOver(() => {
        if (!state.interrupt()) run.io.out(`\n${state.prompt}`);
      })
    : undefined;
  try {
    const shell = runLineShell(state, {
      quiet: options.quiet,
      forceInteractive: (environment["CLI_FORCE_INTERACTIVE"] ?? "") !== "",
    });
    const source = run.io.isInputTerminal ? "terminal" : "input";
    return personality.exitStatus(await outcomesOf(shell, state, interrupts), source);
  } finally {
    release?.();
  }
}

/**
 * How the commands of a shell ended. When the run is to end, a shell that waits for a line is left;
 * a command that runs is waited for, because it tidies up.
 */
async function outcomesOf(
  shell: Promise<CommandOutcome[]>,
  state: ShellState,
  interrupts: Interrupts,
): Promise<CommandOutcome[]> {
  try {
    return await Promise.race([shell, interrupts.ended()]);
  } catch (error) {
    if (state.interrupt()) return await shell;
    throw error;
  }
}

/** Where to go: `//SERVER/SHARE`; as smbx also with a port, a path behind it, or as a URL. */
function readService(service: string, personality: Personality): RemoteLocation | undefined {
  if (!personality.hasExtensions) return parseService(service);
  if (!isRemoteLocation(service)) {
    throw new UsageError(
      `${withoutPassword(service)} is neither a subcommand nor a //SERVER/SHARE`,
    );
  }
  const location = parseLocation(service);
  if (location.share === "") {
    throw new UsageError(
      `${withoutPassword(service)} names no share (smbx -L ${location.host} lists them)`,
    );
  }
  return location;
}

function refuseService({ io, personality }: Run, service: string): number {
  const shown = service.replaceAll("/", "\\");
  io.out(`\n${shown}: Not enough '\\' characters in service\n`);
  io.err(usageText(personality));
  return ExitCode.FAILURE;
}

async function changeToStart(
  state: ShellState,
  { path }: RemoteLocation,
  { directory }: Options,
): Promise<void> {
  if (path !== "") await changeDirectory(state, `\\${path}`);
  if (directory !== undefined) await changeDirectory(state, directory);
}
