import { changeDirectory } from "./commands/cd.ts";
import { connectShare } from "./connect.ts";
import { ExitCode } from "./exit-codes.ts";
import type { Options } from "./option-values.ts";
import type { Personality } from "./personality.ts";
import type { Run } from "./run.ts";
import { History, historyPath } from "./shell/history.ts";
import { runLineShell } from "./shell/line-shell.ts";
import { ShellState } from "./shell/shell-state.ts";
import { shellSettings } from "./shell-settings.ts";
import { isRemoteLocation, parseLocation, parseService, type RemoteLocation } from "./url.ts";
import { usageText } from "./usage.ts";
import { UsageError } from "./usage-error.ts";

/** The shell, `-c`, or commands on standard input. Returns the exit status. */
export async function runShell(run: Run, service: string): Promise<number> {
  const { io, options, personality } = run;
  const location = readService(service, personality);
  if (location === undefined) return refuseService(run, service);
  const client = await run.connect(location);
  const tree = await connectShare(client, location.share, run.signal);
  const isInteractive = options.command === undefined && io.isInputTerminal;
  const history = await History.load(
    isInteractive ? historyPath(run.environment.environment) : undefined,
  );
  const state = new ShellState({
    io,
    personality,
    settings: shellSettings(options, personality),
    client,
    tree,
    localCwd: run.environment.localCwd,
    history,
    debugLevel: options.debugLevel,
    signal: run.signal,
  });
  await changeToStart(state, location, options);
  return talk(run, state, history);
}

async function talk(run: Run, state: ShellState, history: History): Promise<number> {
  const { options, personality } = run;
  const { interrupts, environment } = run.environment;
  if (options.command !== undefined) {
    return personality.exitStatus(await state.runText(options.command), "command-line");
  }
  // At a terminal Ctrl-C is for the command; without one there is nobody to type the next.
  const release = run.io.isInputTerminal
    ? interrupts.takeOver(() => {
        if (!state.interrupt()) run.io.out(`\n${state.prompt}`);
      })
    : undefined;
  try {
    const outcomes = await Promise.race([
      runLineShell(state, {
        quiet: options.quiet,
        forceInteractive: (environment["CLI_FORCE_INTERACTIVE"] ?? "") !== "",
      }),
      interrupts.ended(),
    ]);
    return personality.exitStatus(outcomes, "input");
  } finally {
    release?.();
    await history.save();
  }
}

/** Where to go: `//SERVER/SHARE`; as smbx also with a port, a path behind it, or as a URL. */
function readService(service: string, personality: Personality): RemoteLocation | undefined {
  if (!personality.hasExtensions) return parseService(service);
  if (!isRemoteLocation(service)) {
    throw new UsageError(`${service} is neither a subcommand nor a //SERVER/SHARE`);
  }
  const location = parseLocation(service);
  if (location.share === "") {
    throw new UsageError(`${service} names no share (smbx -L ${location.host} lists them)`);
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
