import { isFileSize, TransferError, type WalkedEntry } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { displayRemote } from "../context.ts";
import { writeBlocks } from "./ls.ts";
import { FailureLog } from "./phrases.ts";
import { parseListMask } from "./remote-mask.ts";
import { isChosen, type WalkVisitor, walkRemote } from "./remote-walk.ts";

export const du: Command = {
  names: ["du"],
  usage: "<mask>",
  summary: "computes the total size of the current directory",
  details:
    "Adds up the sizes of the files that match; with recurse on, those of all subdirectories too, without what links lead to.",
  maxArguments: 1,
  completes: ["remote-path"],
  async run(context, [text]) {
    const { io } = context;
    const log = new FailureLog(context);
    let total = 0;
    const visitor: WalkVisitor = {
      batch({ entries }) {
        for (const walked of entries) {
          const { entry, isDirectory } = walked;
          if (isDirectory || !isChosen(context, entry)) continue;
          if (isFileSize(entry.size)) total += entry.size;
          else log.add(unknownSize(walked));
        }
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

/** The failure of a file whose size the server does not give. */
export function unknownSize({ path, entry }: WalkedEntry): Error {
  const name = path ?? entry.name;
  return new TransferError(`The server gives no valid size for ${displayRemote(name)}`);
}
