import type { Command } from "../command.ts";
import { phrased } from "./phrases.ts";

export const logoff: Command = {
  names: ["logoff"],
  usage: "",
  summary: "log off (close the session)",
  details: "The connection stays; logon begins a new session over one of its own.",
  maxArguments: 0,
  completes: ["none"],
  async run({ client, io, signal }) {
    await phrased(
      (status) => `logoff failed: ${status}`,
      () => client.session.logoff(signal),
    );
    io.out("logoff successful\n");
  },
};
