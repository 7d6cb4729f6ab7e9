import type { ShellContext } from "../context.ts";
import type { PlanCandidate, TransferProgress } from "../transfer/index.ts";

/**
 * The question of mget and mput for each file: `undefined` while `prompt` is off. smbclient knows
 * only `y`; smbx takes `a` for all that follow and `q` for none. `progress` is drawn on the same
 * screen and waits.
 */
export function askForEach(
  context: ShellContext,
  question: (candidate: PlanCandidate) => string,
  progress?: Pick<TransferProgress, "hold">,
): ((candidate: PlanCandidate) => Promise<boolean>) | undefined {
  if (!context.settings.prompt) return undefined;
  let standing: boolean | undefined;
  const ask = async (text: string): Promise<string | undefined> => {
    const release = progress?.hold();
    try {
      return (await context.io.ask(text))?.trim().toLowerCase();
    } finally {
      release?.();
    }
  };
  return async (candidate) => {
    if (standing !== undefined) return standing;
    const answer = await ask(question(candidate));
    if (answer === undefined) standing = false;
    const knowsAll = !context.personality.habits.isTerse;
    if (knowsAll && (answer === "a" || answer === "all")) standing = true;
    if (knowsAll && (answer === "q" || answer === "quit")) standing = false;
    return standing ?? answer?.startsWith("y") === true;
  };
}
