import type { Command } from "../command.ts";
import { printable } from "../render/printable.ts";

export const history: Command = {
  names: ["history"],
  usage: "",
  summary: "displays the command history",
  maxArguments: 0,
  completes: ["none"],
  async run({ history: lines, io }) {
    io.out(lines.map((line, index) => `${index}: ${printable(line)}\n`).join(""));
  },
};
