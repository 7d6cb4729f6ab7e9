import { basename, isAbsolute } from "node:path";
import { joinRemote, NtStatus, TransferError } from "../../core/index.ts";
import type { Command } from "../command.ts";
import { resolveRemote, type ShellContext } from "../context.ts";
import { StatedFailure } from "../failure.ts";
import { quoteWord } from "../shell/tokenizer.ts";
import type { TransferOptions } from "../transfer/index.ts";
import { resolveLocal } from "../transfer/local-names.ts";
import { remotePathFor, safeRemoteName } from "../transfer/safe-name.ts";
import { UsageError } from "../usage-error.ts";
import { isStatus } from "./phrases.ts";
import {
  isLocalDirectory,
  showLocalPath,
  type TransferStyle,
  transferFailure,
  withTransfers,
} from "./transfers.ts";

export const put: Command = {
  names: ["put"],
  usage: "<local name> [remote name]",
  summary: "put a file",
  details:
    "A remote directory gets the file under its own name. Without a remote name the local one is taken, if it is one name to a server: with a colon or a backslash in it, it would lead to a stream or another directory, and a remote name must be given. The file is written under a temporary name and renamed when it is complete, unless --inplace was given or the remote file would lose its owner, permissions, streams, extended attributes or links; its times are kept unless --no-times was given. Interrupted after much was moved, it is kept and continued by the same command; see --partial.",
  maxArguments: 2,
  completes: ["local-path", "remote-path", "none"],
  async run(context, [local, remote]) {
    if (local === undefined) throw new UsageError("put <filename>");
    await storeFile(context, local, remote);
  },
};

/** Stores one file; `remote` is as typed, by default the local path below the remote directory. */
export async function storeFile(
  context: ShellContext,
  local: string,
  remote: string | undefined,
  options: TransferOptions = {},
): Promise<void> {
  if (local === "-" && context.inputHoldsCommands) {
    // What follows may be the file: it must not be taken for commands.
    context.exitRequested = true;
    throw new UsageError(
      "put -: standard input holds the commands, it cannot be the file as well. What follows is not run; give commands with -c",
    );
  }
  const remotePath = resolveRemote(context.cwd, remote ?? remoteNameOf(context, local));
  if (local !== "-" && (await isLocalDirectory(context, local)))
    throw directoryFailure(context, local);
  const localPath = local === "-" ? "-" : resolveLocal(context.localCwd, local);
  const style: TransferStyle = {
    direction: "upload",
    showLocal: (path) => (path === localPath ? local : showLocalPath(context, path)),
  };
  const { uploadFile } = await import("../transfer/index.ts");
  const store = async (path: string, how: TransferOptions): Promise<void> => {
    try {
      await withTransfers(context, style, async (environment) => {
        environment.onFile?.(await uploadFile(environment, localPath, path, how));
      });
    } catch (error) {
      throw transferFailure(style, { remotePath: path, localPath, error });
    }
  };
  try {
    await store(remotePath, { ...options, looksFirst: true });
  } catch (error) {
    if (local === "-" || !mayBeMeantInside(context, error)) throw error;
    const name = derived(local, () => safeRemoteName(basename(localPath)));
    await store(joinRemote(remotePath, name), options);
  }
}

/** The name was a directory's: as `cp` does, the file goes into it. */
function mayBeMeantInside(context: ShellContext, error: unknown): boolean {
  const isDirectory =
    error instanceof StatedFailure && isStatus(error.cause, NtStatus.FILE_IS_A_DIRECTORY);
  return isDirectory && !context.personality.habits.takesNoRemoteDirectory;
}

function directoryFailure(context: ShellContext, local: string): StatedFailure {
  return context.personality.habits.takesNoLocalDirectory
    ? new StatedFailure(`${local} does not exist`)
    : new StatedFailure(`${local} is a directory: with recurse on, mput stores directories`);
}

/** The remote name where none was typed. */
function remoteNameOf({ personality }: ShellContext, local: string): string {
  if (!personality.habits.sendsLocalNamesAsTheyAre) {
    return derived(local, () => remotePathFor(local));
  }
  const leadsElsewhere = isAbsolute(local) || local.split(/[\\/]/).includes("..");
  return leadsElsewhere ? basename(local) : local;
}

function derived(local: string, derive: () => string): string {
  try {
    return derive();
  } catch (cause) {
    if (!(cause instanceof TransferError)) throw cause;
    throw new StatedFailure(cause.message, {
      cause,
      explanation: `Say what its name is to be there: put ${quoteWord(local)} NAME`,
    });
  }
}
