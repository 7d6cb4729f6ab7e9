import { AccessMask, CreateDisposition, copyChunks, type File } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { displayRemote, resolveRemote, type ShellContext } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";

export const scopy: Command = {
  names: ["scopy"],
  usage: "<src> <dest>",
  summary: "server-side copy file",
  details:
    "The server copies; the data does not cross the network. The new name must be free; an unfinished copy is removed.",
  maxArguments: 2,
  completes: ["remote-path", "remote-path", "none"],
  async run(context, [source, destination]) {
    if (source === undefined || destination === undefined) {
      throw new UsageError("scopy <src> <dest>");
    }
    const { tree, cwd, signal } = context;
    const from = resolveRemote(cwd, source);
    const to = resolveRemote(cwd, destination);
    await using original = await phrased(
      (status) => `Failed to open file ${displayRemote(from)}. ${status}`,
      () => tree.openFile(from, { access: AccessMask.GENERIC_READ, signal }),
    );
    await using copy = await phrased(
      (status) => `Failed to create file ${displayRemote(to)}. ${status}`,
      () =>
        tree.openFile(to, {
          access: AccessMask.GENERIC_READ | AccessMask.GENERIC_WRITE | AccessMask.DELETE,
          disposition: CreateDisposition.CREATE,
          signal,
        }),
    );
    await copyWhole(context, original, copy);
  },
};

async function copyWhole(context: ShellContext, original: File, copy: File): Promise<void> {
  try {
    await phrased(
      (status) => `${status} copying ${displayRemote(original.path)}`,
      () => copyChunks(original, copy, { signal: context.signal }),
    );
  } catch (error) {
    await copy.close().catch(() => undefined);
    await context.tree.unlink(copy.path).catch(() => undefined);
    throw error;
  }
}
