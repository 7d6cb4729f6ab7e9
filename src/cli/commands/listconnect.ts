import type { Command } from "../command.ts";
import { wireText } from "../render/connection.ts";
import { printable } from "../render/printable.ts";

export const listconnect: Command = {
  names: ["listconnect"],
  usage: "",
  summary: "list open connections",
  details: "With the wire of each, and over QUIC its TLS version, cipher and round-trip time.",
  maxArguments: 0,
  completes: ["none"],
  async run({ io, client, tree, personality }) {
    const wire = personality.habits.showsOnlyTheShare
      ? ""
      : `, transport=${wireText(client.connection.transport)}`;
    io.out(`0:\t${printable(`server=${client.target.host}, share=${tree.share}${wire}`)}\n`);
  },
};
