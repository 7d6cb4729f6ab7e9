import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { parseWholeNumber } from "./numbers.ts";

// The longest that a timer of JavaScript waits.
const LONGEST_MS = 0x7fff_ffff;

export const timeout: Command = {
  names: ["timeout"],
  usage: "timeout <number>",
  summary: "- set the per-operation timeout in seconds (default 20)",
  details: "Counts the seconds in which nothing is heard of the server; 0 waits for ever.",
  maxArguments: 1,
  completes: ["none"],
  async run(context, [text]) {
    const { settings, personality } = context;
    if (text === undefined) {
      const now = settings.timeoutSeconds;
      throw new UsageError(`timeout <n> (per-operation timeout in seconds - currently ${now}).`);
    }
    const seconds = parseWholeNumber(text) ?? (personality.habits.readsWordsAsZero ? 0 : undefined);
    if (seconds === undefined) throw new UsageError(`timeout: ${text} is not a number of seconds`);
    settings.timeoutSeconds = seconds;
    context.client.timeoutMs = seconds === 0 ? LONGEST_MS : Math.min(seconds * 1000, LONGEST_MS);
    context.io.out(`io_timeout per operation is now ${seconds}\n`);
  },
};
