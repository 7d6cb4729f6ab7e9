import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { parseWholeNumber } from "./numbers.ts";

export const iosize: Command = {
  names: ["iosize"],
  usage: "iosize <number>",
  summary: "(default 64512)",
  details:
    "The most bytes of a file that one request carries. 0, which is what smbx begins with, takes as many as was agreed with the server.",
  maxArguments: 1,
  completes: ["none"],
  async run(context, [text]) {
    if (text === undefined) throw new UsageError("iosize <n> or iosize 0x<n>.");
    const size = parseWholeNumber(text);
    if (size === undefined && !context.personality.habits.readsWordsAsZero) {
      throw new UsageError("iosize <n> or iosize 0x<n>.");
    }
    context.settings.ioSize = size ?? 0;
    context.io.out(`iosize is now ${context.settings.ioSize}\n`);
  },
};
