import type { Command } from "../command.ts";
import { displayRemote, resolveRemote } from "../context.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";

export const rmdir: Command = {
  names: ["rmdir", "rd"],
  usage: "<directory>",
  summary: "remove a directory",
  details: "Only an empty one; see deltree.",
  maxArguments: 1,
  completes: ["remote-directory", "none"],
  async run({ tree, cwd }, [directory]) {
    if (directory === undefined) throw new UsageError("rmdir <dirname>");
    const path = resolveRemote(cwd, directory);
    await phrased(
      (status) => `${status} removing remote directory file ${displayRemote(path)}`,
      () => tree.rmdir(path),
    );
  },
};
