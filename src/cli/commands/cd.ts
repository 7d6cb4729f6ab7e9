import { NtStatus, NtStatusError } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { displayRemote, resolveRemote, type ShellContext } from "../context.ts";
import { printable } from "../render/printable.ts";
import { phrased } from "./phrases.ts";

export const cd: Command = {
  names: ["cd"],
  usage: "[directory]",
  summary: "change/report the remote directory",
  details:
    "Both slashes work, `..` goes up, a leading slash starts at the root of the share. The directory is looked up before it becomes the current one.",
  maxArguments: 1,
  completes: ["remote-directory", "none"],
  async run(context, [directory]) {
    if (directory !== undefined) return changeDirectory(context, directory);
    context.io.out(`Current directory is ${printable(displayDirectory(context.cwd))}\n`);
  },
};

export const up: Command = {
  names: [".."],
  usage: "",
  summary: "change the remote directory (up one level)",
  maxArguments: 0,
  completes: ["none"],
  run: (context) => changeDirectory(context, ".."),
};

/** Makes `directory` the remote directory if it is one; also for `-D`. */
export async function changeDirectory(context: ShellContext, directory: string): Promise<void> {
  const path = resolveRemote(context.cwd, directory);
  await phrased(
    (status) => `cd ${displayDirectory(path)}: ${status}`,
    async () => {
      if (path === "") return;
      const { isDirectory } = await context.tree.stat(path, { signal: context.signal });
      if (!isDirectory) throw new NtStatusError(NtStatus.NOT_A_DIRECTORY, { path });
    },
  );
  context.cwd = path;
}

/** `\dir\`, `\` for the root. */
export function displayDirectory(path: string): string {
  return path === "" ? "\\" : `${displayRemote(path)}\\`;
}
