import type { Command } from "../command.ts";
import { connectionText } from "../render/connection.ts";
import { printable } from "../render/printable.ts";

export const showconnect: Command = {
  names: ["showconnect"],
  usage: "",
  summary: "display the current active connection",
  details:
    "The second line is what was agreed on: dialect, wire, address, protection; over QUIC also TLS version, cipher and round-trip time.",
  maxArguments: 0,
  completes: ["none"],
  async run({ io, client, tree, personality }) {
    io.out(`${printable(`//${client.target.host}/${tree.share}`)}\n`);
    if (personality.habits.showsOnlyTheShare) return;
    io.out(`${printable(connectionText(client, tree))}\n`);
  },
};
