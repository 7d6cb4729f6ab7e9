import type { WalkedBatch } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { displayRemote, type ShellContext } from "../context.ts";
import { formatBlocks, Listing } from "../render/listing.ts";
import { printable } from "../render/printable.ts";
import { FailureLog, phrased } from "./phrases.ts";
import { parseListMask } from "./remote-mask.ts";
import { isChosen, walkRemote } from "./remote-walk.ts";

export const ls: Command = {
  names: ["ls", "dir", "l"],
  usage: "<mask>",
  summary: "list the contents of the current directory",
  details:
    "Shows for each entry the name, the attributes (D directory, A archive, H hidden, S system, R read-only, N none of these), the size in bytes and the time of the last write, and at the end the blocks of the file system. A name alone shows that entry; with a slash behind it, what is inside. With recurse on, subdirectories follow, links to directories do not.",
  maxArguments: 1,
  completes: ["remote-path"],
  async run(context, [text]) {
    const { io, personality } = context;
    const { padsNamesByBytes, rawNamesInPipes } = personality.habits;
    const rawNames = rawNamesInPipes && !io.isTerminal;
    const listing = new Listing({ padsByBytes: padsNamesByBytes, rawNames });
    const log = new FailureLog(context);
    const visitor = {
      enter: (directory: string) => io.out(`\n${printable(displayRemote(directory))}\n`),
      batch: ({ listed }: WalkedBatch) =>
        io.out(listing.format(listed.filter((entry) => isChosen(context, entry)))),
    };
    await walkRemote(context, parseListMask(context, text), visitor, log);
    await writeBlocks(context);
    log.finish();
  },
};

/** The last lines of `ls` and `du`. */
export async function writeBlocks(context: ShellContext): Promise<void> {
  const size = await phrased(
    (status) => `Error in dskattr: ${status}`,
    () => context.tree.fsSize(),
  );
  context.io.out(formatBlocks(size));
}
