import { commandTableOf } from "../commands/index.ts";
import { ToldFailures } from "../commands/phrases.ts";
import { UnknownCommandError } from "../commands/table.ts";
import type { ShellContext } from "../context.ts";
import { ExitCode, exitCodeFor } from "../exit-codes.ts";
import { tellFailure } from "../failure.ts";
import type { CommandOutcome, CommandSource } from "../personality.ts";
import { parseCommandLine } from "./command-line.ts";
import { splitWords } from "./tokenizer.ts";

/**
 * Runs one line that is not blank. A failure is told to the user here, in the one place for it, and
 * returned; nothing is thrown.
 */
export async function runCommandLine(
  context: ShellContext,
  line: string,
  source: CommandSource = "input",
): Promise<CommandOutcome> {
  const { personality } = context;
  const { habits } = personality;
  let name = splitWords(line)[0]?.text ?? "";
  try {
    const { command, args } = parseCommandLine(commandTableOf(personality), line, {
      escapesToShell: source === "input" || habits.escapesToShellInScripts,
      ignoresExtraArguments: habits.ignoresExtraArguments,
    });
    name = command.names[0] ?? name;
    context.signal.throwIfAborted();
    await command.run(context, args);
    return { name, error: undefined };
  } catch (error) {
    return fail(context, name, error);
  }
}

function fail(context: ShellContext, name: string, error: unknown): CommandOutcome {
  if (error instanceof UnknownCommandError) {
    tellFailure(context, error);
    return { name, error, recognized: false };
  }
  // After Ctrl-C whatever comes out of the requests under way means only that.
  const interruption = interruptionOf(context, error);
  if (interruption !== undefined) {
    context.io.err("interrupted\n");
    return { name, error: interruption };
  }
  if (!(error instanceof ToldFailures)) tellFailure(context, error);
  return { name, error };
}

function interruptionOf(context: ShellContext, error: unknown): unknown {
  if (exitCodeFor(error) === ExitCode.INTERRUPTED) return error;
  if (!context.signal.aborted) return undefined;
  return new DOMException("The command was interrupted", { name: "AbortError", cause: error });
}

/** Whether a command ended because the user wanted it to. */
export function wasInterrupted(outcome: CommandOutcome): boolean {
  return outcome.error !== undefined && exitCodeFor(outcome.error) === ExitCode.INTERRUPTED;
}
