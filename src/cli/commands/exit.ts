import type { Command } from "../command.ts";

export const exit: Command = {
  names: ["exit", "quit", "q"],
  usage: "",
  summary: "logoff the server",
  maxArguments: 0,
  completes: ["none"],
  async run(context) {
    context.exitRequested = true;
  },
};
