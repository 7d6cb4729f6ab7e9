import { statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { joinRemote, TransferError } from "../../core/index.ts";
import type { TransferStyle } from "../commands/transfers.ts";
import {
  haveTwins,
  planUpload,
  TargetClaims,
  type TransferEnvironment,
  type UploadItem,
  type UploadPlan,
  uploadMany,
} from "../transfer/index.ts";
import { resolveLocal } from "../transfer/local-names.ts";
import { safeRemoteName } from "../transfer/safe-name.ts";
import { isRemoteLocation, withoutPassword } from "../url.ts";
import { UsageError } from "../usage-error.ts";
import { type ConnectedPlace, type Job, locationOf } from "./job.ts";
import { isMask, statIfThere } from "./matching.ts";
import { transferMany } from "./transferring.ts";

/** `put FILE… URL`: stores files as `cp` copies them; `-` is standard input. */
export async function put(job: Job, operands: readonly string[]): Promise<void> {
  const sources = operands.slice(0, -1);
  const last = operands.at(-1);
  if (last === undefined || sources.length === 0 || !isRemoteLocation(last)) {
    throw new UsageError("usage: smbx put [-r] FILE... URL");
  }
  if (isMask(locationOf(last).path)) {
    throw new UsageError(`${withoutPassword(last)}: a destination has no wildcards`);
  }
  const shown = new Map(sources.map((source) => [localPathOf(job, source), source]));
  const style: TransferStyle = {
    direction: "upload",
    showLocal: (path) => shown.get(path) ?? path,
  };
  const targets = new TargetClaims("\\", haveTwins(sources.map(nameOfSource)));
  await transferMany(job, {
    style,
    connect: () => job.connect(last),
    async move(environment, place) {
      const isDirectory = await namesDirectory(job, place, last, sources.length > 1);
      if (isDirectory && sources.includes("-")) {
        throw new UsageError("standard input needs a name: put - URL/NAME");
      }
      const destination = { isDirectory, ...noticesOf(environment) };
      return uploadMany({ ...environment, targets }, itemsOf(job, place, sources, destination));
    },
  });
}

async function namesDirectory(
  job: Job,
  { location, tree, path }: ConnectedPlace,
  operand: string,
  isMany: boolean,
): Promise<boolean> {
  const found = await statIfThere(tree, path, job.signal);
  if (found?.isDirectory === true) return true;
  if (location.hasTrailingSeparator || isMany) {
    throw new UsageError(`${withoutPassword(operand)} is not a directory`);
  }
  return false;
}

function nameOfSource(source: string): string {
  return basename(resolve("/", source));
}

function localPathOf(job: Job, source: string): string {
  return source === "-" ? "-" : resolve(job.run.environment.localCwd, source);
}

type Notices = Pick<UploadPlan, "onNotice">;

interface Destination extends Notices {
  /** The place is a directory that gets the files under their own names. */
  readonly isDirectory: boolean;
}

function noticesOf({ onSkipped }: TransferEnvironment): Notices {
  return onSkipped === undefined ? {} : { onNotice: onSkipped };
}

async function* itemsOf(
  job: Job,
  place: ConnectedPlace,
  sources: readonly string[],
  destination: Destination,
): AsyncGenerator<UploadItem> {
  const { isDirectory } = destination;
  for (const source of sources) {
    const localPath = localPathOf(job, source);
    try {
      if (source !== "-") resolveLocal(job.run.environment.localCwd, source);
      const remotePath = isDirectory
        ? joinRemote(place.path, safeRemoteName(basename(localPath)))
        : place.path;
      yield* single(job, { localPath, remotePath }, destination);
    } catch (error) {
      job.signal.throwIfAborted();
      yield { localPath, remotePath: place.path, error };
    }
  }
}

async function* single(
  job: Job,
  { localPath, remotePath }: UploadItem,
  { onNotice }: Notices,
): AsyncGenerator<UploadItem> {
  if (localPath === "-" || !statSync(localPath).isDirectory()) {
    yield { localPath, remotePath };
    return;
  }
  if (!job.isRecursive) {
    throw new TransferError(`${localPath} is a directory: -r stores it with all that is in it`);
  }
  yield { localPath, remotePath, isDirectory: true };
  yield* planUpload({
    localDirectory: localPath,
    pattern: "*",
    directory: remotePath,
    recurse: true,
    signal: job.signal,
    ...(onNotice === undefined ? {} : { onNotice }),
  });
}
