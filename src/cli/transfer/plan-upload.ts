import { type Dirent, type Stats, statSync } from "node:fs";
import { opendir } from "node:fs/promises";
import { join } from "node:path";
import { hasWildcard, matchesMask, TransferError } from "../../core/index.ts";
import type { UploadItem } from "./environment.ts";
import { joinRemote } from "./plan-download.ts";
import type { UploadPlan } from "./plan-options.ts";
import { safeRemoteName } from "./safe-name.ts";

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
    this.#matches = localMask(plan.pattern);
  }

  async *level(level: Level): AsyncGenerator<UploadItem> {
    for await (const entry of await opendir(level.local, { bufferSize: 256 })) {
      this.#plan.signal?.throwIfAborted();
      const isFirst = level.relative === "";
      if (isFirst && !this.#matches(entry.name)) continue;
      yield* this.#entry(entry, level);
    }
  }

  async *#entry(entry: Dirent, level: Level): AsyncGenerator<UploadItem> {
    const localPath = join(level.local, entry.name);
    let stats: Stats;
    try {
      stats = statSync(localPath);
    } catch (error) {
      yield { localPath, remotePath: joinRemote(level.remote, entry.name), error };
      return;
    }
    if (!this.#isTaken(entry.name, localPath, stats)) return;
    if (!(await this.#isChosen(entry.name, stats, level))) return;
    const item = this.#item(entry.name, localPath, stats, level);
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

  #isTaken(name: string, localPath: string, stats: Stats): boolean {
    const { recurse, mask, onNotice } = this.#plan;
    if (stats.isDirectory()) return recurse === true;
    if (!stats.isFile()) {
      onNotice?.(`${localPath} is passed over: it is ${kindOf(stats)}`);
      return false;
    }
    if (recurse !== true) return true;
    return mask === undefined || mask === "" || matchesMask(mask, name);
  }

  #isChosen(name: string, stats: Stats, level: Level): Promise<boolean> | boolean {
    const { choose } = this.#plan;
    if (choose === undefined) return true;
    const relativePath = join(level.relative, name);
    return choose({ name, isDirectory: stats.isDirectory(), relativePath });
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

/** Local masks know `*` and `?`; local names are compared as they are, hidden ones too. */
function localMask(pattern: string): (name: string) => boolean {
  if (!hasWildcard(pattern)) return (name) => name === pattern;
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const expression = new RegExp(`^${source}$`, "su");
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
