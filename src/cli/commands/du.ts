import type { Command } from "../command.ts";
import { writeBlocks } from "./ls.ts";
import { FailureLog } from "./phrases.ts";
import { parseListMask } from "./remote-mask.ts";
import { isDirectory, type WalkVisitor, walkRemote } from "./remote-walk.ts";

export const du: Command = {
  names: ["du"],
  usage: "<mask>",
  summary: "computes the total size of the current directory",
  details:
    "Adds up the sizes of the files that match; with recurse on, those of all subdirectories too.",
  maxArguments: 1,
  completes: ["remote-path"],
  async run(context, [text]) {
    const { io } = context;
    const log = new FailureLog(context);
    let total = 0;
    const visitor: WalkVisitor = {
      entries(_directory, entries) {
        for (const entry of entries) if (!isDirectory(entry)) total += entry.size;
      },
    };
    await walkRemote(context, parseListMask(context, text), visitor, log);
    try {
      await writeBlocks(context);
    } catch (error) {
      // Free space may be denied; the sum is known all the same.
      log.add(error);
    }
    io.out(`Total number of bytes: ${total}\n`);
    log.finish();
  },
};
