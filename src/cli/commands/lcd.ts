import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import type { Command } from "../command.ts";
import { StatedFailure } from "../failure.ts";
import { printable } from "../render/printable.ts";
import { resolveLocal } from "../transfer/local-names.ts";
import { announce } from "./announce.ts";
import { systemReason } from "./system-reason.ts";

export const lcd: Command = {
  names: ["lcd"],
  usage: "[directory]",
  summary: "change/report the local current working directory",
  details: "`~` is the home directory.",
  maxArguments: 1,
  completes: ["local-path", "none"],
  async run(context, [directory]) {
    if (directory !== undefined) {
      const meant = directory.replace(/^~(?=$|\/)/, () => homedir());
      const path = resolveLocal(context.localCwd, meant);
      await expectDirectory(path, meant);
      context.localCwd = path;
    }
    announce(context, `the local directory is now ${printable(context.localCwd)}`);
  },
};

async function expectDirectory(path: string, typed: string): Promise<void> {
  try {
    if ((await stat(path)).isDirectory()) return;
  } catch (cause) {
    const reason = systemReason(cause);
    throw new StatedFailure(`chdir to ${typed} failed (${reason})`, { cause });
  }
  throw new StatedFailure(`chdir to ${typed} failed (Not a directory)`);
}
