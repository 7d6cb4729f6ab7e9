import type { Command } from "../command.ts";
import { formatChannels, formatVerdicts } from "../render/channels.ts";

export const channels: Command = {
  names: ["channels"],
  isExtension: true,
  usage: "",
  summary: "show the connections of the session",
  details:
    "A line for each: whether requests go there (`active`) or only when the others are gone (`standby`), its wire and both ends, the interfaces (ours by name, the server's by number), the link's speed, whether both sides have several queues (RSS) and RDMA (else the side that has it), bytes (data that went by RDMA among them) and their rate while requests were under way. Then each address that the server names, and why it is used or not. Further connections are opened once the session has moved 4 MiB; see `--multichannel`.",
  maxArguments: 0,
  completes: ["none"],
  async run({ io, client }) {
    io.out(formatChannels(await client.channels(), io.columns));
    io.out(formatVerdicts(client.multichannel, io.columns));
  },
};
