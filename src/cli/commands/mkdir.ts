import type { Command } from "../command.ts";
import { displayRemote, resolveRemote } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";

export const mkdir: Command = {
  names: ["mkdir", "md"],
  usage: "<directory>",
  summary: "make a directory",
  maxArguments: 1,
  completes: ["remote-directory", "none"],
  async run({ tree, cwd }, [directory]) {
    if (directory === undefined) throw new UsageError("mkdir <dirname>");
    const path = resolveRemote(cwd, directory);
    await phrased(
      (status) => `${status} making remote directory ${displayRemote(path)}`,
      () => tree.mkdir(path),
    );
  },
};
