import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { parseWholeNumber } from "./numbers.ts";

export const tid: Command = {
  names: ["tid"],
  usage: "",
  summary: "show or set the current tid (tree-id)",
  details: "With a number that tcon has told, goes to that share.",
  maxArguments: 1,
  completes: ["none"],
  async run(context, [text]) {
    const { io, trees } = context;
    if (text !== undefined) {
      const tree = trees.get(parseWholeNumber(text) ?? -1);
      const known = [...trees.keys()].join(", ");
      if (tree === undefined) throw new UsageError(`there is no tid ${text}, only: ${known}`);
      context.tree = tree;
      context.cwd = "";
    }
    const { treeId } = context.tree;
    io.out(trees.has(treeId) ? `current tid is ${treeId}\n` : "no tcon currently\n");
  },
};
