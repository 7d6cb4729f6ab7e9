import type { Command } from "../command.ts";
import { printable } from "../render/printable.ts";
import { displayDirectory } from "./cd.ts";

export const pwd: Command = {
  names: ["pwd"],
  usage: "",
  summary: "show current remote directory (same as 'cd' with no args)",
  maxArguments: 0,
  completes: ["none"],
  async run(context) {
    const { habits } = context.personality;
    const first = habits.pwdNamesFirstShare ? context.trees.values().next().value : undefined;
    const { unc } = first ?? context.tree;
    context.io.out(`Current directory is ${printable(`${unc}${displayDirectory(context.cwd)}`)}\n`);
  },
};
