import type { Command } from "../command.ts";
import { runShell } from "./local-program.ts";

/** `!command`: the dispatcher hands over everything behind the mark as one argument. */
export const bang: Command = {
  names: ["!"],
  usage: "",
  summary: "run a shell command on the local system",
  details:
    "!command runs in the local directory; `!` alone starts a shell. Not in -c when called smbclient.",
  completes: ["local-path"],
  run: (context, args) => runShell(context, args.join(" ").trim()),
};
