import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Samba, startSamba } from "../support/samba.ts";

/** How much work the benchmark does. */
export interface Sizes {
  readonly bigMiB: number;
  readonly relayMiB: number;
  readonly smallFiles: number;
  readonly relaySmallFiles: number;
  readonly entries: number;
  /** Over QUIC, and how long smbclient may take for it. */
  readonly quicMiB: number;
  readonly quicSeconds: number;
}

export const FULL_SIZES: Sizes = {
  bigMiB: 1024,
  relayMiB: 64,
  smallFiles: 2000,
  relaySmallFiles: 2000,
  entries: 50_000,
  quicMiB: 512,
  quicSeconds: 60,
};

export const QUICK_SIZES: Sizes = {
  bigMiB: 256,
  relayMiB: 64,
  smallFiles: 500,
  relaySmallFiles: 100,
  entries: 10_000,
  quicMiB: 128,
  quicSeconds: 15,
};

export const SMALL_SIZE = 4096;

/** A server and local files, all on memory where there is enough of it. */
export interface Place extends AsyncDisposable {
  readonly samba: Samba;
  /** Where everything lies. */
  readonly directory: string;
  /** Files to upload: `big`, `relay`, `quic`, and the folders `small` and `few`. */
  readonly source: string;
  /** Where downloads go. */
  readonly target: string;
  readonly isOnMemory: boolean;
}

/** Makes everything that the scenarios work on. */
export async function preparePlace(sizes: Sizes): Promise<Place> {
  // The file and its copy on either side, and one more that is under way.
  const neededMiB = 4 * sizes.bigMiB + 4 * sizes.quicMiB + 256;
  const isOnMemory = freeMiB("/dev/shm") > neededMiB;
  const directory = mkdtempSync(join(isOnMemory ? "/dev/shm" : tmpdir(), "smbx-bench-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const source = join(directory, "source");
  const target = join(directory, "target");
  for (const name of [source, target]) mkdirSync(name);
  const samba = await startSamba({
    parentDirectory: directory,
    shares: [{ name: "share" }, { name: "empty" }],
    global: { "log level": "0", "server smb3 signing algorithms": "AES-128-GMAC AES-128-CMAC" },
  });
  const share = samba.sharePath("share");
  for (const folder of [source, share]) {
    await writeBig(join(folder, "big"), sizes.bigMiB);
    await writeBig(join(folder, "relay"), sizes.relayMiB);
    await writeBig(join(folder, "quic"), sizes.quicMiB);
    writeMany(join(folder, "small"), sizes.smallFiles);
    writeMany(join(folder, "few"), sizes.relaySmallFiles);
  }
  mkdirSync(join(share, "up"));
  writeMany(join(share, "many"), sizes.entries, 0);
  return {
    samba,
    directory,
    source,
    target,
    isOnMemory,
    async [Symbol.asyncDispose]() {
      await samba.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function freeMiB(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(path);
    return (bavail * bsize) / (1024 * 1024);
  } catch {
    return 0;
  }
}

async function writeBig(path: string, sizeMiB: number): Promise<void> {
  const block = Buffer.alloc(1024 * 1024);
  for (let at = 0; at < block.length; at += 65_536) {
    crypto.getRandomValues(block.subarray(at, at + 65_536));
  }
  await using file = await openForWriting(path);
  for (let written = 0; written < sizeMiB; written += 1) await file.write(block);
}

async function openForWriting(
  path: string,
): Promise<AsyncDisposable & { write(b: Buffer): Promise<unknown> }> {
  const file = await open(path, "w");
  return {
    write: (bytes) => file.write(bytes),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

function writeMany(folder: string, count: number, size: number = SMALL_SIZE): void {
  mkdirSync(folder);
  const bytes = Buffer.alloc(size, "smbx bench ");
  for (let index = 0; index < count; index += 1) {
    writeFileSync(join(folder, `file-${String(index).padStart(6, "0")}.dat`), bytes);
  }
}
