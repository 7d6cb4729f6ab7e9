import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { fetchFile } from "./get.ts";

export const reget: Command = {
  names: ["reget"],
  usage: "<remote name> [local name]",
  summary: "get a file restarting at end of local file",
  details:
    "The last 16 MiB of what is there, or all of it with --verify, are compared with the server's file before anything is added; where they differ, nothing is changed. Where an interrupted transfer left a gap (zeros), the file is continued there.",
  maxArguments: 2,
  completes: ["remote-path", "local-path", "none"],
  async run(context, [remote, local]) {
    if (remote === undefined) throw new UsageError("reget <filename> [localname]");
    await fetchFile(context, remote, local, { resume: true });
  },
};
