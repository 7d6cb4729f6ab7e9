import { basename, join, resolve, sep } from "node:path";
import type { Command } from "../command.ts";
import { resolveRemote, type ShellContext } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import type { TransferOptions } from "../transfer/index.ts";
import { resolveLocal } from "../transfer/local-names.ts";
import { UsageError } from "../usage-error.ts";
import { splitRemote } from "./remote-mask.ts";
import {
  isLocalDirectory,
  showLocalPath,
  type TransferStyle,
  transferFailure,
  withTransfers,
} from "./transfers.ts";

export const get: Command = {
  names: ["get"],
  usage: "<remote name> [local name]",
  summary: "get a file",
  details:
    "A local directory gets the file under its own name; the local name `-` is standard output. The file arrives under a temporary name and is renamed when it is complete; its times are kept unless --no-times was given. Interrupted after much was moved, it is kept and continued by the same command; see --partial.",
  maxArguments: 2,
  completes: ["remote-path", "local-path", "none"],
  async run(context, [remote, local]) {
    if (remote === undefined) throw new UsageError("get <filename> [localname]");
    await fetchFile(context, remote, local);
  },
};

/** Fetches one file; `local` is as typed, by default the file's own name. */
export async function fetchFile(
  context: ShellContext,
  remote: string,
  local: string | undefined,
  options: TransferOptions = {},
): Promise<void> {
  const remotePath = resolveRemote(context.cwd, remote);
  if (local !== "-") resolveLocal(context.localCwd, local ?? ".");
  const typed = await localTarget(context, remote, local);
  const localPath = typed === "-" ? "-" : resolve(context.localCwd, typed);
  const style: TransferStyle = {
    direction: "download",
    showLocal: (path) => (path === localPath ? typed : showLocalPath(context, path)),
  };
  // Loaded when files are moved: most runs of a script only look.
  const { downloadFile } = await import("../transfer/index.ts");
  try {
    await withTransfers(context, style, async (environment) => {
      environment.onFile?.(await downloadFile(environment, remotePath, localPath, options));
    });
  } catch (error) {
    throw transferFailure(style, { remotePath, localPath, error });
  }
}

/** Where the file goes, as the user would write it: into a directory under its own name. */
export async function localTarget(
  context: ShellContext,
  remote: string,
  typed: string | undefined,
): Promise<string> {
  const { habits } = context.personality;
  const name = defaultName(context, resolveRemote(context.cwd, remote));
  if (typed === undefined) return habits.getKeepsFolders ? keptFolders(remote, name) : name;
  if (typed === "-") return typed;
  if (!(await isLocalDirectory(context, typed))) {
    if (!typed.endsWith("/") && !typed.endsWith(sep)) return typed;
    // A file of that name is not what was meant.
    throw new StatedFailure(`Error opening local file ${typed}`, {
      cause: Object.assign(new Error(`${typed} is no directory`), { code: "ENOTDIR" }),
      explanation: "There is no directory of that name",
    });
  }
  if (habits.takesNoLocalDirectory) {
    throw new StatedFailure(`Error opening local file ${typed}`);
  }
  return join(typed, name);
}

/** The folders as typed, below the local directory, and the name. */
function keptFolders(remote: string, name: string): string {
  return [...resolveRemote("", remote).split("\\").slice(0, -1), name].join("/");
}

function defaultName(context: ShellContext, remotePath: string): string {
  // On Windows a name could hold a path of its own; basename takes the last part there too.
  const name = basename(splitRemote(remotePath).pattern);
  return context.settings.lowercase ? name.toLowerCase() : name;
}
