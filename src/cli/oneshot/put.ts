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
import { safeRemoteName } from "../transfer/safe-name.ts";
import { isRemoteLocation, withoutPassword } from "../url.ts";
import { UsageError } from "../usage-error.ts";
import type { ConnectedPlace, Job } from "./job.ts";
import { isMask, statIfThere } from "./matching.ts";
import { transferMany } from "./transferring.ts";

/** `put FILE… URL`: stores files as `cp` copies them; `-` is standard input. */
export async function put(job: Job, operands: readonly string[]): Promise<void> {
  const sources = operands.slice(0, -1);
  const last = operands.at(-1);
  if (last === undefined || sources.length === 0 || !isRemoteLocation(last)) {
    throw new UsageError("usage: smbx put [-r] FILE... URL");
  }
  const place = await job.connect(last);
  if (isMask(place.path))
    throw new UsageError(`${withoutPassword(last)}: a destination has no wildcards`);
  const isDirectory = await namesDirectory(job, place, last, sources.length > 1);
  const shown = new Map(sources.map((source) => [localPathOf(job, source), source]));
  const style: TransferStyle = {
    direction: "upload",
    showLocal: (path) => shown.get(path) ?? path,
  };
  await transferMany(job, place, style, (environment) =>
    uploadMany(
      { ...environment, targets: new TargetClaims("\\", haveTwins(sources.map(nameOfSource))) },
      itemsOf(job, place, sources, { isDirectory, ...noticesOf(environment) }),
    ),
  );
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
    throw new UsageError(`${withoutPassword(operand)} is no directory`);
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

function noticesOf({ onNotice }: TransferEnvironment): Notices {
  return onNotice === undefined ? {} : { onNotice };
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
      if (isDirectory && source === "-") {
        throw new UsageError("standard input needs a name: put - URL/NAME");
      }
      const remotePath = isDirectory
        ? joinRemote(place.path, safeRemoteName(basename(localPath)))
        : place.path;
      yield* single(job, { localPath, remotePath }, destination);
    } catch (error) {
      if (error instanceof UsageError) throw error;
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
