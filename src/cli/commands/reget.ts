import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { fetchFile } from "./get.ts";

export const reget: Command = {
  names: ["reget"],
  usage: "<remote name> [local name]",
  summary: "get a file restarting at end of local file",
  details: "The end of what is there is compared with the server's file before anything is added.",
  maxArguments: 2,
  completes: ["remote-path", "local-path", "none"],
  async run(context, [remote, local]) {
    if (remote === undefined) throw new UsageError("reget <filename> [localname]");
    await fetchFile(context, remote, local, { resume: true });
  },
};
