import type { Command } from "../command.ts";
import { displayRemote, resolveRemote } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";

export const rename: Command = {
  names: ["rename"],
  usage: "<src> <dest>",
  summary: "rename some files",
  details: "With -f behind the names, a file that has the new name already is replaced.",
  maxArguments: 3,
  completes: ["remote-path", "remote-path", "none"],
  async run({ tree, cwd }, [source, destination, flag]) {
    const isKnownFlag = flag === undefined || flag === "-f";
    if (source === undefined || destination === undefined || !isKnownFlag) {
      throw new UsageError("rename <src> <dest> [-f]");
    }
    const from = resolveRemote(cwd, source);
    const to = resolveRemote(cwd, destination);
    await phrased(
      // The blank at the end is smbclient's.
      (status) => `${status} renaming files ${displayRemote(from)} -> ${displayRemote(to)} `,
      () => tree.rename(from, to, { replace: flag === "-f" }),
    );
  },
};
