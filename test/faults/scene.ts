import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { contentOf } from "./content.ts";
import { isTree, isUpload, type Job, type JobFile } from "./job.ts";

/** The directory of a tree, on both sides. */
export const TREE = "tree";

const PAGE = 4096;
const SPARE_PAGES = 8;

/** The files of a job: where they come from, and what their targets hold. */
export class Scene {
  readonly job: Job;
  /** The program's current directory. */
  readonly local: string;
  /** The job's directory on the share, as the server's disk has it. */
  readonly remote: string;

  constructor(job: Job, local: string, remote: string) {
    this.job = job;
    this.local = local;
    this.remote = remote;
  }

  /** Stores sources, old files and beginnings. */
  prepare(): void {
    for (const root of [this.local, this.remote]) {
      rmSync(root, { recursive: true, force: true });
      mkdirSync(join(root, isTree(this.job) ? TREE : ""), { recursive: true });
    }
    for (const file of this.job.files) {
      store(this.#source(file), contentOf(file.seed, file.size));
      const before = beforeOf(file);
      if (before !== undefined) store(this.#target(file), before);
    }
  }

  remove(): void {
    for (const root of [this.local, this.remote]) rmSync(root, { recursive: true, force: true });
  }

  /** What stands under a target's name; undefined for nothing. */
  read(file: JobFile): Buffer | undefined {
    try {
      return readFileSync(this.#target(file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** What the targets occupy at most, in bytes: a disk has whole pages, and directories need some, too. */
  targetBytes(): number {
    const pages = this.job.files.map(
      (file) => Math.ceil((this.read(file)?.length ?? 0) / PAGE) + 1,
    );
    return pages.reduce((sum, count) => sum + count, SPARE_PAGES) * PAGE;
  }

  /** Files beside the targets that are no targets. */
  others(): string[] {
    const root = this.#targets;
    const targets = new Set(this.job.files.map((file) => this.#target(file)));
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !targets.has(path))
      .map((path) => path.slice(root.length + 1));
  }

  get #targets(): string {
    return isUpload(this.job) ? this.remote : this.local;
  }

  #target(file: JobFile): string {
    return join(this.#targets, this.#below(file));
  }

  #source(file: JobFile): string {
    return join(isUpload(this.job) ? this.local : this.remote, this.#below(file));
  }

  #below({ path }: JobFile): string {
    return isTree(this.job) ? join(TREE, path) : path;
  }
}

/** What a target holds before the job; undefined for nothing. */
export function beforeOf({ seed, size, old, start }: JobFile): Buffer | undefined {
  if (old !== undefined) return contentOf(old.seed, old.size);
  return start === undefined ? undefined : contentOf(seed, size).subarray(0, start);
}

function store(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
