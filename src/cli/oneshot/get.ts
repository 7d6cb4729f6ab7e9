import { type Stats, statSync } from "node:fs";
import { join, sep } from "node:path";
import { joinRemote, TransferError, type Tree } from "../../core/index.ts";
import type { TransferStyle } from "../commands/transfers.ts";
import {
  type DownloadItem,
  type DownloadPlan,
  downloadMany,
  haveTwins,
  type PlanCandidate,
  planDownload,
  TargetClaims,
} from "../transfer/index.ts";
import { resolveLocal } from "../transfer/local-names.ts";
import type { PlanFilter } from "../transfer/plan-options.ts";
import { safeLocalName } from "../transfer/safe-name.ts";
import { isRemoteLocation } from "../url.ts";
import { UsageError } from "../usage-error.ts";
import { cat } from "./cat.ts";
import { type ConnectedPlace, type Job, locationOf } from "./job.ts";
import { isMask, maskOf, nameOf } from "./matching.ts";
import { transferMany } from "./transferring.ts";

/** Where files go: into a directory, or one file or tree under a new name. */
interface Destination {
  readonly path: string;
  readonly isDirectory: boolean;
}

/** `get URL… [DESTINATION]`: fetches files as `cp` copies them. */
export async function get(job: Job, operands: readonly string[]): Promise<void> {
  const last = operands.at(-1);
  const hasDestination = operands.length > 1 && last !== undefined && !isRemoteLocation(last);
  const sources = hasDestination ? operands.slice(0, -1) : operands;
  if (sources.length === 0) throw new UsageError("usage: smbx get [-r] URL... DESTINATION");
  if (hasDestination && last === "-") return cat(job, sources);
  const destination = readDestination(job, hasDestination ? last : ".", sources);
  const names = sources.map((source) => nameOf(source.replaceAll("/", "\\")));
  const targets = new TargetClaims(sep, sources.some(hasMask) || haveTwins(names));
  const style: TransferStyle = { direction: "download", showLocal: (path) => path };
  sources.forEach(locationOf);
  await job.forEach(sources, (source) =>
    transferMany(job, {
      style,
      connect: () => job.connect(source),
      move: (environment, place) =>
        downloadMany(
          { ...environment, targets },
          itemsOf(job, place, destination, environment.onSkipped),
        ),
    }),
  );
}

function readDestination(job: Job, operand: string, sources: readonly string[]): Destination {
  const path = resolveLocal(job.run.environment.localCwd, operand);
  const found = statLocal(path);
  const isDirectory = found?.isDirectory() === true;
  const mustBe = operand.endsWith("/") || sources.length > 1 || sources.some(hasMask);
  if (mustBe && !isDirectory) throw new UsageError(`${operand} is no directory`);
  return { path, isDirectory };
}

function hasMask(operand: string): boolean {
  return isMask(operand.replaceAll("/", "\\"));
}

function statLocal(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

async function* itemsOf(
  job: Job,
  { tree, path, location }: ConnectedPlace,
  destination: Destination,
  onNotice: DownloadPlan["onNotice"],
): AsyncGenerator<DownloadItem> {
  const filter = { recurse: job.isRecursive, signal: job.signal, ...(onNotice && { onNotice }) };
  const mask = maskOf(path);
  if (isMask(path)) {
    const plan = { ...mask, localDirectory: destination.path, ...filter };
    yield* withDirectories(mask.directory, (onDirectory) =>
      planDownload(tree, { ...plan, onDirectory }),
    );
    return;
  }
  // What a server calls the root of a share, and how it spells a name, is not for it to decide.
  const name = path === "" ? location.share : nameOf(path);
  const localPath = destination.isDirectory
    ? join(destination.path, safeLocalName(name))
    : destination.path;
  yield* single(tree, path, localPath, filter);
}

/** What a plan yields, and the directories that it passes over: they were asked for as well. */
async function* withDirectories(
  parent: string,
  plan: (onDirectory: (candidate: PlanCandidate) => void) => AsyncGenerator<DownloadItem>,
): AsyncGenerator<DownloadItem> {
  const passedOver: DownloadItem[] = [];
  const items = plan(({ name }) => {
    const remotePath = joinRemote(parent, name);
    passedOver.push({ remotePath, localPath: "", error: needsRecursion(remotePath) });
  });
  for await (const item of items) {
    yield* passedOver.splice(0);
    yield item;
  }
  yield* passedOver;
}

function needsRecursion(remotePath: string): TransferError {
  return new TransferError(`\\${remotePath} is a directory: -r fetches it with all that is in it`);
}

async function* single(
  tree: Tree,
  remotePath: string,
  localPath: string,
  filter: PlanFilter & { readonly signal: AbortSignal },
): AsyncGenerator<DownloadItem> {
  const { signal, recurse } = filter;
  try {
    const { isDirectory } = await tree.stat(remotePath, { signal });
    if (!isDirectory) {
      yield { remotePath, localPath };
      return;
    }
    if (recurse !== true) {
      throw needsRecursion(remotePath);
    }
  } catch (error) {
    signal.throwIfAborted();
    yield { remotePath, localPath, error };
    return;
  }
  yield { remotePath, localPath, isDirectory: true };
  const place = { directory: remotePath, pattern: "*", localDirectory: localPath };
  yield* planDownload(tree, { ...place, ...filter });
}
