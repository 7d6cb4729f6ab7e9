import type { ShellContext } from "../context.ts";
import type { PlanCandidate } from "../transfer/index.ts";

/**
 * The question of mget and mput for each file: `undefined` while `prompt` is off. smbclient knows
 * only `y`; smbx takes `a` for all that follow and `q` for none.
 */
export function askForEach(
  context: ShellContext,
  question: (candidate: PlanCandidate) => string,
): ((candidate: PlanCandidate) => Promise<boolean>) | undefined {
  if (!context.settings.prompt) return undefined;
  let standing: boolean | undefined;
  return async (candidate) => {
    if (standing !== undefined) return standing;
    const answer = (await context.io.ask(question(candidate)))?.trim().toLowerCase();
    if (answer === undefined) standing = false;
    const knowsAll = !context.personality.habits.isTerse;
    if (knowsAll && (answer === "a" || answer === "all")) standing = true;
    if (knowsAll && (answer === "q" || answer === "quit")) standing = false;
    return standing ?? answer?.startsWith("y") === true;
  };
}
