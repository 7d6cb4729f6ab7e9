import { userInfo } from "node:os";
import { undecodableArgument } from "./argument-bytes.ts";
import { systemReason } from "./commands/system-reason.ts";
import { hideSecrets } from "./config/environment.ts";
import { endProcess } from "./end-process.ts";
import { ExitCode } from "./exit-codes.ts";
import { Interrupts, ReaderGone } from "./interrupts.ts";
import { type Invocation, parseCommandLine } from "./options.ts";
import { choosePersonality, type Personality } from "./personality.ts";
import { ProcessIo } from "./process-io.ts";
import { outputSubcommands } from "./subcommand-names.ts";

const SIGNAL_STATUS = { SIGHUP: 129, SIGQUIT: 131, SIGTERM: 143 } as const;

/** A signal other than Ctrl-C asked us to go. */
class Terminated extends Error {
  readonly status: number;

  constructor(status: number) {
    super("terminated");
    this.name = "AbortError";
    this.status = status;
  }
}

const [, programPath, ...argv] = process.argv;
const personality = choosePersonality(programPath, process.env);
const undecodable = undecodableArgument(argv);
hideCommandLine(personality);
const environment = takeEnvironment();
const interrupts = new Interrupts();
const invocation = readCommandLine();
const io = new ProcessIo({
  messagesToStderr: "options" in invocation && invocation.options.messagesToStderr,
  asksOnStdout: !personality.hasExtensions,
  onReaderGone: () => {
    // All else goes on: transfers and removals must not stop because a pager was closed.
    if (isOnlyOutput(invocation)) interrupts.end(new ReaderGone());
  },
});

listenToSignals();
// Whatever else empties the event loop is no success.
process.exitCode = ExitCode.FAILURE;
// Without await: the program is built into one CommonJS file, which starts fastest.
void execute(invocation).then(leave);

/** Bytes that are not UTF-8 would be read as another name, or another password. */
function readCommandLine(): Invocation {
  if (undecodable === undefined) return parseCommandLine(argv, personality);
  const message = `argument ${undecodable} is not valid UTF-8: names in other encodings cannot be given. Rename the file, or give it as standard input or output: put - NAME, get NAME -`;
  return { kind: "wrong", message };
}

/**
 * The command line may hold a password: it leaves the process list first of all. On Linux the title
 * is written over the arguments.
 */
function hideCommandLine({ program }: Personality): void {
  process.title = program;
  process.argv.length = Math.min(process.argv.length, 2);
}

/** The variables as we use them; programs that we start do not get the secret ones. */
function takeEnvironment(): Record<string, string | undefined> {
  const copy: Record<string, string | undefined> = { ...process.env };
  hideSecrets(process.env);
  const isNameless = (copy["USER"] ?? "") === "" && (copy["LOGNAME"] ?? "") === "";
  if (isNameless) copy["USER"] = systemUserName();
  return copy;
}

function systemUserName(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** Whether a run does nothing but write to standard output. */
function isOnlyOutput(asked: Invocation): boolean {
  if (asked.kind !== "subcommand") return false;
  const { name, operands } = asked;
  return outputSubcommands.has(name) || (name === "get" && operands.at(-1) === "-");
}

function listenToSignals(): void {
  process.on("SIGINT", () => {
    // Pressed again while we are still tidying up: go at once.
    if (interrupts.signal.aborted) endProcess(ExitCode.INTERRUPTED);
    interrupts.interrupt();
  });
  for (const name of ["SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
    process.on(name, () => {
      const status = SIGNAL_STATUS[name];
      if (interrupts.signal.aborted) endProcess(status);
      interrupts.end(new Terminated(status));
    });
  }
}

async function execute(asked: Invocation): Promise<number> {
  switch (asked.kind) {
    case "list":
    case "shell":
    case "subcommand": {
      const { run } = await import("./run.ts");
      const localCwd = process.cwd();
      const status = await run(asked, { io, personality, environment, interrupts, localCwd });
      const { reason } = interrupts;
      return reason instanceof Terminated ? reason.status : status;
    }
    default: {
      const { answer } = await import("./informative.ts");
      return answer(asked, io, personality);
    }
  }
}

/** Ends the process when everything that was written has been handed over. */
async function leave(status: number): Promise<never> {
  try {
    await io.flush();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EPIPE") {
      const reason = systemReason(error);
      process.stderr.write(`${personality.program}: standard output: ${reason}\n`);
      endProcess(status === ExitCode.OK ? ExitCode.FAILURE : status);
    }
  }
  endProcess(status);
}
