import {
  AccessMask,
  CreateDisposition,
  copyChunks,
  discardFile,
  type File,
  READ_ACCESS,
  TransferError,
} from "../../core/index.ts";
import type { Command } from "../command.ts";
import { displayRemote, resolveRemote, type ShellContext } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";

export const scopy: Command = {
  names: ["scopy"],
  usage: "<src> <dest>",
  summary: "server-side copy file",
  details:
    "The server copies; the data does not cross the network. The new name must be free; an unfinished copy is removed. Where a server cannot do that, get the file and put it.",
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
      () => tree.openFile(from, { access: READ_ACCESS, signal }),
    );
    const copy = await phrased(
      (status) => `Failed to create file ${displayRemote(to)}. ${status}`,
      () =>
        tree.openFile(to, {
          access: AccessMask.WRITE_DATA | AccessMask.READ_ATTRIBUTES | AccessMask.DELETE,
          disposition: CreateDisposition.CREATE,
          signal,
        }),
    );
    await copyWhole(context, original, copy);
  },
};

async function copyWhole(context: ShellContext, original: File, copy: File): Promise<void> {
  const { signal, tree } = context;
  try {
    await phrased(
      (status) => `${status} copying ${displayRemote(original.path)}`,
      async () => {
        await copyChunks(original, copy, { signal });
        await expectWhole(context, original, copy);
      },
    );
  } catch (error) {
    await discardFile(tree, copy.fileId, copy.path);
    throw error;
  }
}

/**
 * Closes both: only the answers to that tell whether all bytes got to their place.
 *
 * @throws {TransferError} where the copy has another size, or the original did not stay as it was
 */
async function expectWhole(context: ShellContext, original: File, copy: File): Promise<void> {
  const { tree, signal } = context;
  const made = await copy.close({ postQuery: true, signal });
  const size =
    made !== undefined && made.flags !== 0
      ? made.endOfFile
      : (await tree.stat(copy.path, { signal })).size;
  if (size !== original.size) {
    throw new TransferError(
      `The server has ${size} instead of ${original.size} bytes of ${displayRemote(copy.path)}`,
    );
  }
  const left = await original.close({ postQuery: true, signal });
  if (left === undefined || left.flags === 0) return;
  const { size: before, created } = original;
  if (left.endOfFile !== before || left.lastWriteTime !== created.lastWriteTime)
    throw new TransferError(`${displayRemote(original.path)} changed while it was copied`);
}
