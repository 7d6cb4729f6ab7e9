import type { Command } from "../command.ts";

export const listconnect: Command = {
  names: ["listconnect"],
  usage: "",
  summary: "list open connections",
  maxArguments: 0,
  completes: ["none"],
  async run({ io, client, tree }) {
    io.out(`0:\tserver=${client.target.host}, share=${tree.share}\n`);
  },
};
