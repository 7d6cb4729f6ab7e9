import { existsSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { hasWildcard, joinRemote, TransferError } from "../../core/index.ts";
import type { UploadItem } from "./environment.ts";
import { type LocalName, localNames } from "./local-names.ts";
import type { PlanCandidate, UploadPlan } from "./plan-options.ts";
import { quoteName, safeRemoteName } from "./safe-name.ts";

/**
 * Walks a local directory and yields what `plan` takes, in the file system's order. Symbolic links are
 * followed, but never in a circle. Devices, sockets and pipes are passed over with a notice. A
 * directory comes before what is in it. What cannot be read or named is yielded with an `error`.
 *
 * @throws the system's error where the first directory cannot be read
 */
export async function* planUpload(plan: UploadPlan): AsyncGenerator<UploadItem> {
  yield* new UploadWalk(plan).level({
    local: plan.localDirectory,
    remote: plan.directory,
    relative: "",
    ancestors: [identityOf(statSync(plan.localDirectory))],
  });
}

interface Level {
  readonly local: string;
  /** Share-relative. */
  readonly remote: string;
  /** Below where the plan began; "" there. */
  readonly relative: string;
  /** Device and inode of every directory on the way here. */
  readonly ancestors: readonly string[];
}

class UploadWalk {
  readonly #plan: UploadPlan;
  readonly #matches: (name: string) => boolean;

  constructor(plan: UploadPlan) {
    this.#plan = plan;
    this.#matches = localMask(plan.localDirectory, plan.pattern);
  }

  async *level(level: Level): AsyncGenerator<UploadItem> {
    for await (const name of localNames(level.local)) {
      this.#plan.signal?.throwIfAborted();
      const isFirst = level.relative === "";
      if (isFirst && !this.#matches(name.text)) continue;
      yield* this.#entry(name, level);
    }
  }

  async *#entry({ text: name, bytes }: LocalName, level: Level): AsyncGenerator<UploadItem> {
    const localPath = join(level.local, bytes ?? name);
    let stats: Stats;
    try {
      expectUtf8(bytes);
      stats = statSync(localPath);
    } catch (error) {
      yield { localPath, remotePath: joinRemote(level.remote, bytes ?? name), error };
      return;
    }
    if (!this.#isTaken(name, localPath, stats, level)) return;
    if (!(await this.#isChosen(name, stats, level))) return;
    const item = this.#item(name, localPath, stats, level);
    yield item;
    if (stats.isDirectory() && item.error === undefined) yield* this.#below(item, stats, level);
  }

  async *#below(directory: UploadItem, stats: Stats, level: Level): AsyncGenerator<UploadItem> {
    const identity = identityOf(stats);
    try {
      if (level.ancestors.includes(identity)) {
        throw new TransferError(`${directory.localPath} leads back to a directory above it`);
      }
      yield* this.level({
        local: directory.localPath,
        remote: directory.remotePath,
        relative: join(level.relative, nameOf(directory.localPath)),
        ancestors: [...level.ancestors, identity],
      });
    } catch (error) {
      this.#plan.signal?.throwIfAborted();
      yield { ...directory, error };
    }
  }

  #isTaken(name: string, localPath: string, stats: Stats, level: Level): boolean {
    const { recurse, onNotice, onDirectory } = this.#plan;
    if (stats.isDirectory()) {
      if (recurse !== true) onDirectory?.(candidateOf(name, stats, level));
      return recurse === true;
    }
    if (stats.isFile()) return true;
    onNotice?.(`${localPath} is passed over: it is ${kindOf(stats)}`);
    return false;
  }

  #isChosen(name: string, stats: Stats, level: Level): Promise<boolean> | boolean {
    return this.#plan.choose?.(candidateOf(name, stats, level)) ?? true;
  }

  #item(name: string, localPath: string, stats: Stats, level: Level): UploadItem {
    const isDirectory = stats.isDirectory();
    const remoteName = this.#plan.lowercase === true ? name.toLowerCase() : name;
    const remotePath = joinRemote(level.remote, remoteName);
    try {
      safeRemoteName(name);
      return { localPath, remotePath, isDirectory, size: stats.size };
    } catch (error) {
      return { localPath, remotePath, isDirectory, error };
    }
  }
}

function candidateOf(name: string, stats: Stats, level: Level): PlanCandidate {
  return { name, isDirectory: stats.isDirectory(), relativePath: join(level.relative, name) };
}

/** @throws {TransferError} where a name is not UTF-8: no server can have it as it is */
function expectUtf8(bytes: string | undefined): void {
  if (bytes === undefined) return;
  throw new TransferError(
    `${quoteName(bytes)} is not stored: its name is not UTF-8. Rename it, or store it from standard input (put - NAME)`,
  );
}

/** Local masks know `*` and `?`, whatever the case; hidden names match too. */
function localMask(directory: string, pattern: string): (name: string) => boolean {
  if (!hasWildcard(pattern) && existsSync(join(directory, pattern))) {
    return (name) => name === pattern;
  }
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`, "isu");
  return (name) => expression.test(name);
}

function identityOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function kindOf(stats: Stats): string {
  if (stats.isSocket()) return "a socket";
  if (stats.isFIFO()) return "a pipe";
  return "a device";
}
