import type { Command } from "../command.ts";
import type { CommandTable } from "../commands/table.ts";
import { UsageError } from "../usage-error.ts";
import { splitWords } from "./tokenizer.ts";

/** A line of the shell, understood. */
export interface CommandLine {
  readonly command: Command;
  readonly args: readonly string[];
}

/** What a line may be besides a command of the table. */
export interface ParsingRules {
  /** `!command` goes to the local shell. */
  readonly escapesToShell: boolean;
  /** Arguments beyond the last one that a command knows are dropped. */
  readonly ignoresExtraArguments: boolean;
}

/**
 * Finds the command of a line that is not blank, by its name, synonym or unique abbreviation.
 *
 * @throws {UnknownCommandError} where there is none
 * @throws {UsageError} where there are more arguments than make sense
 */
export function parseCommandLine(
  table: CommandTable,
  line: string,
  rules: ParsingRules,
): CommandLine {
  const trimmed = line.trim();
  if (rules.escapesToShell && trimmed.startsWith("!")) {
    return { command: table.find("!").command, args: [trimmed.slice(1)] };
  }
  const [name = "", ...args] = splitWords(trimmed).map((word) => word.text);
  const { command } = table.find(name);
  return { command, args: limitArguments(command, args, rules) };
}

function limitArguments(
  command: Command,
  args: readonly string[],
  rules: ParsingRules,
): readonly string[] {
  const { maxArguments } = command;
  if (maxArguments === undefined || args.length <= maxArguments) return args;
  if (rules.ignoresExtraArguments) return args.slice(0, maxArguments);
  const expected = maxArguments === 0 ? "takes no arguments" : `takes at most ${maxArguments}`;
  throw new UsageError(
    `${command.names[0]} ${expected}: ${args.length} were given. Put names with blanks in "quotes"`,
  );
}
