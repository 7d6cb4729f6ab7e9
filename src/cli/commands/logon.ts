import type { Credentials } from "../../core/index.ts";
import type { Command } from "../command.ts";
import type { ShellContext } from "../context.ts";
import { printable } from "../render/printable.ts";
import { UsageError } from "../usage-error.ts";
import { phrased } from "./phrases.ts";
import { connectShare } from "./tcon.ts";

export const logon: Command = {
  names: ["logon"],
  usage: "",
  summary: "establish new logon",
  details:
    "logon <username> [<password>]; the name may be DOMAIN\\user. Without a password it is asked for; a line with one is not kept in the history. The current share is connected again for the new user.",
  maxArguments: 2,
  completes: ["none"],
  async run(context, [user, password]) {
    if (user === undefined) throw new UsageError("logon <username> [<password>]");
    const credentials = await credentialsFor(context, user, password);
    const { client, io, personality, signal, tree } = context;
    await phrased(
      (status) => `session setup failed: ${status}`,
      () => client.logon(credentials, { signal }),
    );
    context.trees.clear();
    await connectShare(context, tree.share);
    io.out(
      personality.habits.tellsVuid ? "Current VUID is 0\n" : `logged on as ${printable(user)}\n`,
    );
  },
};

async function askPassword({ io, personality }: ShellContext, user: string): Promise<string> {
  const password = await io.askSecret(`Password for [${printable(user)}]:`);
  if (password === undefined && personality.hasExtensions) {
    throw new UsageError(
      "no password given and no terminal to ask on: logon <username> <password>",
    );
  }
  return password ?? "";
}

async function credentialsFor(
  context: ShellContext,
  user: string,
  given: string | undefined,
): Promise<Credentials> {
  const at = user.search(/[\\/]/);
  const domain = user.slice(0, Math.max(0, at));
  const username = user.slice(at + 1);
  const password = given ?? (await askPassword(context, user));
  return { kind: "password", username, domain, password };
}
