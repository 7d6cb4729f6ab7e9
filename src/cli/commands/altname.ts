import { decodeFileName, FileInformationClass, InfoType } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { displayRemote, resolveRemote, type ShellContext } from "../context.ts";
import { printable } from "../render/printable.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";

export const altname: Command = {
  names: ["altname"],
  usage: "<file>",
  summary: "show alt name",
  details: "The short name (8.3) that old programs see.",
  maxArguments: 1,
  completes: ["remote-path", "none"],
  async run(context, [name]) {
    if (name === undefined) throw new UsageError("altname <file>");
    const path = resolveRemote(context.cwd, name);
    context.io.out(`${printable(await shortName(context, path))}\n`);
  },
};

/** The 8.3 name of a file. */
export function shortName(context: ShellContext, path: string): Promise<string> {
  const { tree, signal } = context;
  return phrased(
    (status) => `${status} getting alt name for ${displayRemote(path)}`,
    async () =>
      decodeFileName(
        await tree.queryInfo(path, InfoType.FILE, FileInformationClass.ALTERNATE_NAME, { signal }),
      ),
  );
}
