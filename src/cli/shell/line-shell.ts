import type { CommandOutcome } from "../personality.ts";
import { printable } from "../render/printable.ts";
import { wasInterrupted } from "./dispatch.ts";
import type { ShellState } from "./shell-state.ts";
import { isBlank } from "./tokenizer.ts";

/** What the shell says first. */
export const BANNER = 'Try "help" to get a list of possible commands.';

export interface LineShellOptions {
  /** `-q`: no banner. */
  readonly quiet?: boolean;
  /** CLI_FORCE_INTERACTIVE: show the prompt, and each line as if it had been typed. */
  readonly forceInteractive?: boolean;
}

/**
 * The shell where standard input is no terminal, or a terminal without escape sequences: line by
 * line until `exit` or the end of input. Resolves with how every command ended.
 *
 * At a terminal an interruption ends the command; in a pipe, whose lines were written to follow each
 * other, it ends the shell.
 */
export async function runLineShell(
  state: ShellState,
  options: LineShellOptions = {},
): Promise<CommandOutcome[]> {
  const { io } = state;
  const outcomes: CommandOutcome[] = [];
  if (options.quiet !== true) io.out(`${BANNER}\n`);
  while (!state.isOver) {
    const line = await nextLine(state, options);
    if (line === undefined) break;
    if (isBlank(line)) continue;
    const outcome = await state.run(line);
    outcomes.push(outcome);
    await io.flush();
    if (wasInterrupted(outcome) && !io.isInputTerminal) break;
  }
  if (state.isCutShort && !outcomes.some(wasInterrupted)) outcomes.push(leftUndone());
  return outcomes;
}

/** Ctrl-C during a command that did not notice it: the lines after it are left, which is no success. */
function leftUndone(): CommandOutcome {
  return { name: "", error: new DOMException("The shell was interrupted", "AbortError") };
}

async function nextLine(
  { io, prompt }: ShellState,
  { forceInteractive }: LineShellOptions,
): Promise<string | undefined> {
  if (io.isInputTerminal) return io.ask(prompt);
  if (forceInteractive !== true) return io.ask("");
  io.out(prompt);
  const line = await io.ask("");
  // What a terminal would have echoed.
  if (line !== undefined) io.out(`${printable(line)}\n`);
  return line;
}
