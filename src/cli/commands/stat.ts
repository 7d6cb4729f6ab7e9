import { UnsupportedError } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { displayRemote, resolveRemote } from "../context.ts";
import { formatStat } from "../render/all-info.ts";
import { connectionText } from "../render/connection.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";

export const stat: Command = {
  names: ["stat"],
  usage: "<file name>",
  summary: "show size, attributes, links and times of a file",
  details:
    "smbclient has it for the UNIX extensions of SMB1 only and refuses it over SMB2 and SMB3; smbx asks for what every server has, and tells the connection it came by.",
  maxArguments: 1,
  completes: ["remote-path", "none"],
  async run(context, [name]) {
    if (name === undefined) throw new UsageError("stat file");
    const { client, tree, signal, io, cwd } = context;
    if (context.personality.habits.statNeedsUnixExtensions) {
      throw new UnsupportedError("Server doesn't support UNIX CIFS calls.");
    }
    const path = resolveRemote(cwd, name);
    const found = await phrased(
      (status) => `${status} getting information on file ${displayRemote(path)}`,
      () => tree.stat(path, { signal }),
    );
    io.out(formatStat(displayRemote(path), found, connectionText(client, tree)));
  },
};
