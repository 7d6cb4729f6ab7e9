import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { storeFile } from "./put.ts";

export const reput: Command = {
  names: ["reput"],
  usage: "<local name> [remote name]",
  summary: "put a file restarting at end of remote file",
  details:
    "Appends what the remote file lacks, after comparing what is there as reget does. Interrupted, it cuts the remote file back to what arrived without a gap. The local file must be a regular one. (smbclient 4.25 writes the rest of the file over its beginning.)",
  maxArguments: 2,
  completes: ["local-path", "remote-path", "none"],
  async run(context, [local, remote]) {
    if (local === undefined) throw new UsageError("reput <filename>");
    await storeFile(context, local, remote, { resume: true });
  },
};
