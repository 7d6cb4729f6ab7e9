import type { Command } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { announce } from "./announce.ts";
import { parseWholeNumber } from "./numbers.ts";
import { phrased } from "./phrases.ts";

export const echo: Command = {
  names: ["echo"],
  usage: "",
  summary: "ping the server",
  details:
    "echo <num> <data>; the data is not sent, since an ECHO of SMB2 carries none. smbx tells the time of each round trip, and takes no number for 1.",
  maxArguments: 2,
  completes: ["none"],
  async run(context, [times, data]) {
    const { client, personality, signal } = context;
    const isIncomplete = times === undefined || data === undefined;
    if (personality.habits.isTerse && isIncomplete) throw new UsageError("echo <num> <data>");
    const count = parseWholeNumber(times ?? "1");
    if (count === undefined) throw new UsageError("echo <num> <data>");
    for (let n = 0; n < count; n++) {
      const ms = await phrased(
        (status) => `echo failed: ${status}`,
        () => client.connection.echo(signal),
      );
      announce(context, `reply after ${ms.toFixed(2)} ms`);
    }
  },
};
