import type { ShellContext } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import type { PlanCandidate, TransferProgress } from "../transfer/index.ts";

/** The questions that mget and mput ask for each file. */
export interface Questions {
  choose(candidate: PlanCandidate): Promise<boolean>;
  /**
   * To be called when everything that was chosen is done.
   *
   * @throws {StatedFailure} where standard input ended before a question was answered
   */
  expectAnswers(): void;
}

/**
 * The questions of mget and mput: `undefined` while `prompt` is off. smbclient knows only `y`, and at
 * the end of input it goes on asking; smbx takes `a` for all that follow and `q` for none, and fails at
 * the end of input. `progress` is drawn on the same screen and waits.
 */
export function questionsOf(
  context: ShellContext,
  question: (candidate: PlanCandidate) => string,
  progress?: Pick<TransferProgress, "hold" | "asksForEach">,
): Questions | undefined {
  if (!context.settings.prompt) return undefined;
  progress?.asksForEach();
  const { isTerse } = context.personality.habits;
  let standing: boolean | undefined;
  let unanswered: string | undefined;
  const ask = async (text: string): Promise<string | undefined> => {
    const release = progress?.hold();
    try {
      return (await context.io.ask(text))?.trim().toLowerCase();
    } finally {
      release?.();
    }
  };
  return {
    async choose(candidate) {
      if (standing !== undefined) return standing;
      const text = question(candidate);
      const answer = await ask(text);
      if (isTerse) return answer?.startsWith("y") === true;
      if (answer === undefined) unanswered = text.trim();
      if (answer === undefined || answer === "q" || answer === "quit") standing = false;
      if (answer === "a" || answer === "all") standing = true;
      return standing ?? answer?.startsWith("y") === true;
    },
    expectAnswers() {
      if (unanswered === undefined) return;
      throw new StatedFailure(
        `standard input ended at the question "${unanswered}": neither that nor what follows was moved`,
        { explanation: "Without a terminal to answer on, turn the questions off: prompt off" },
      );
    },
  };
}
