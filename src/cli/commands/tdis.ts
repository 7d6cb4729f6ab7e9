import { NtStatus, NtStatusError } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { phrased } from "./phrases.ts";

export const tdis: Command = {
  names: ["tdis"],
  usage: "",
  summary: "disconnect from a share",
  maxArguments: 0,
  completes: ["none"],
  async run({ client, io, signal, tree, trees }) {
    await phrased(
      (status) => `tdis failed: ${status}`,
      async () => {
        if (!trees.has(tree.treeId)) throw new NtStatusError(NtStatus.NETWORK_NAME_DELETED);
        await client.disconnectTree(tree, { signal });
      },
    );
    trees.delete(tree.treeId);
    io.out("tdis successful\n");
  },
};
