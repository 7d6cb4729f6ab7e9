import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import {
  silentProgress,
  type TransferEnvironment,
  type TransferProgress,
} from "../../src/cli/transfer/index.ts";
import type { SmbClient } from "../../src/core/index.ts";
import { noise } from "../integration/protocol-exercise.ts";

export const MIB: number = 1 << 20;

/** What transfers in a share work with, as the command line sets it up. */
export async function environmentIn(
  client: SmbClient,
  share: string,
  more: Partial<TransferEnvironment> = {},
): Promise<TransferEnvironment> {
  return {
    tree: await client.connectTree(share),
    settings: { keepTimes: true, inplace: false, jobs: 64, ioSize: 0 },
    signal: new AbortController().signal,
    ...more,
  };
}

/** SHA-256 of a file, which need not fit into memory. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 4 * MIB }), hash);
  return hash.digest("hex");
}

/** A file of `size` bytes in which no two pages are equal. Made fast: emulated processors are slow. */
export async function writeNoise(path: string, size: number): Promise<void> {
  const block = Buffer.from(noise(MIB));
  const file = await open(path, "w");
  try {
    for (let offset = 0; offset < size; offset += MIB) {
      for (let page = 0; page < MIB; page += 4096) block.writeDoubleLE(offset + page, page);
      await file.write(block, 0, Math.min(MIB, size - offset));
    }
  } finally {
    await file.close();
  }
}

/** `count` files in directories of 500. */
export function writeMany(directory: string, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const folder = join(directory, `d${Math.floor(index / 500)}`);
    if (index % 500 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `f${index}`), `${index} ${"x".repeat(index % 4096)}`);
  }
}

/** The files of two trees that differ or are there only once. */
export function differences(one: string, other: string): string[] {
  const list = (path: string): string[] =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
      .toSorted();
  const [names, others] = [list(one), new Set(list(other))];
  const missing = names.filter((name) => !others.delete(name));
  const different = names.filter(
    (name) =>
      !missing.includes(name) &&
      !readFileSync(join(one, name)).equals(readFileSync(join(other, name))),
  );
  return [...missing, ...others, ...different];
}

/** Calls `then` once when so many bytes have been moved. */
export function whenMoved(bytes: number, then: () => void): TransferProgress {
  let moved = 0;
  let isDone = false;
  const advance = (more: number): void => {
    moved += more;
    if (moved < bytes || isDone) return;
    isDone = true;
    then();
  };
  return {
    ...silentProgress,
    begin: (file, size) => ({ ...silentProgress.begin(file, size), advance }),
  };
}

/** The temporary files that a transfer would have left. */
export function leftovers(...directories: readonly string[]): string[] {
  return directories.flatMap((directory) =>
    readdirSync(directory).filter((name) => name.endsWith(".part")),
  );
}

/** Empties a directory or makes it. */
export function freshDirectory(path: string): string {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  return path;
}
