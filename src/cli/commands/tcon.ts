import type { Command } from "../command.ts";
import type { ShellContext } from "../context.ts";
import { printable } from "../render/printable.ts";
import { UsageError } from "../usage-error.ts";
import { statedTreeFailure } from "./tree-failure.ts";

export const tcon: Command = {
  names: ["tcon"],
  usage: "",
  summary: "connect to a share",
  details: "The share becomes the current one, beginning at its root; see tid for going back.",
  maxArguments: 1,
  completes: ["share", "none"],
  async run(context, [share]) {
    if (share === undefined) throw new UsageError("tcon <sharename>");
    await connectShare(context, share);
    context.io.out(`tcon to ${printable(share)} successful, tid: ${context.tree.treeId}\n`);
  },
};

/** Connects to a share of the same server and goes to its root. */
export async function connectShare(context: ShellContext, share: string): Promise<void> {
  const { client, signal } = context;
  const tree = await client.connectTree(share, { signal }).catch((error: unknown) => {
    throw statedTreeFailure(error, client, "tcon failed");
  });
  context.tree = tree;
  context.trees.set(tree.treeId, tree);
  context.cwd = "";
}
