import type { SmbClient, Tree } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { PROTECTED_BY_TLS } from "../explain.ts";

export const showconnect: Command = {
  names: ["showconnect"],
  usage: "",
  summary: "display the current active connection",
  details: "The second line is what was agreed on: dialect, wire, address, protection.",
  maxArguments: 0,
  completes: ["none"],
  async run({ io, client, tree, personality }) {
    io.out(`//${client.target.host}/${tree.share}\n`);
    if (!personality.habits.showsOnlyTheShare) io.out(`${agreed(client, tree)}\n`);
  },
};

/** `SMB 3.1.1, tcp 192.0.2.1:445, signed (AES-128-GMAC)` */
function agreed(client: SmbClient, tree: Tree): string {
  const { connection } = client;
  const { session } = tree;
  const { kind, remoteAddress } = connection.transport;
  const cipher = connection.cipher ?? "unknown";
  const protection = [
    session.isEncrypted ? `encrypted (${cipher})` : "",
    tree.isEncrypted && !session.isEncrypted ? `share encrypted (${cipher})` : "",
    session.isSigned && !session.isEncrypted ? `signed (${connection.signingAlgorithm})` : "",
  ].filter((part) => part !== "");
  if (connection.usesTransportSecurity) protection.push(PROTECTED_BY_TLS);
  if (protection.length === 0) protection.push("neither signed nor encrypted");
  return [`SMB ${connection.dialectName}`, `${kind} ${remoteAddress}`, ...protection].join(", ");
}
