import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Identity } from "../../packages/ngtcp2-napi/test/certificates.ts";
import { type Samba, startSamba } from "../support/samba.ts";
import type { Possible } from "./plan.ts";

/** Enough for every job; less only while a disk is to be full. */
const DISK_BYTES = 256 * 1024 * 1024;
const SETTLE_MS = 30_000;
const POLL_MS = 10;
/** Children of smbd that serve no connection. */
const SMBD_SERVANTS = /notify|cleanup|scaveng/;

/** What is needed for QUIC. */
export interface QuicIdentity {
  readonly identity: Identity;
  readonly caFile: string;
}

/**
 * A private server and directories in which one round after the other is played. They are made under
 * `os.tmpdir()`; what is left of them is for whoever set that.
 */
export class Stage implements AsyncDisposable {
  readonly samba: Samba;
  readonly quic: QuicIdentity | undefined;
  /** Small file systems that can be made full, local and behind the share `full`; undefined without. */
  readonly disks: { readonly local: string; readonly server: string } | undefined;
  readonly directory: string;
  readonly #options: StageOptions;

  private constructor(directory: string, samba: Samba, options: StageOptions) {
    this.directory = directory;
    this.#options = options;
    this.samba = samba;
    this.quic = options.quic;
    this.disks = options.hasDisks ? disksIn(directory) : undefined;
  }

  static async set(options: StageOptions): Promise<Stage> {
    const directory = mkdtempSync(join(tmpdir(), "smbx-faults-"));
    const disks = disksIn(directory);
    for (const disk of Object.values(disks)) {
      mkdirSync(disk);
      if (options.hasDisks) mount(["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "smbx-faults", disk]);
    }
    const shares = [{ name: "share" }, { name: "full", path: disks.server }];
    const samba = await startSamba({ shares });
    return new Stage(directory, samba, options);
  }

  get possible(): Possible {
    return possibleWith(this.#options);
  }

  /** Leaves so many bytes free on an empty disk, in whole pages; without them all that it has. */
  limitDisk(side: "local" | "server", bytes = DISK_BYTES): void {
    const disk = this.disks?.[side];
    if (disk === undefined) throw new Error("There are no small disks here");
    // A tmpfs of size 0 has no limit.
    mount(["-o", `remount,size=${Math.max(4096, bytes)}`, disk]);
  }

  /** Resolves when no process of smbd serves a connection any more: then the files are what they stay. */
  async settled(): Promise<void> {
    const deadline = performance.now() + SETTLE_MS;
    while (connectionsOf(this.samba.pid) > 0) {
      if (performance.now() > deadline)
        throw new Error("smbd still serves a connection that is gone");
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.samba.stop();
    for (const disk of Object.values(this.disks ?? {})) spawnSync("umount", [disk]);
  }
}

export interface StageOptions {
  /** Small disks are mounted: only in a mount namespace of one's own, as root. */
  readonly hasDisks: boolean;
  readonly quic?: QuicIdentity;
}

/** What rounds on such a stage may do. */
export function possibleWith({ hasDisks, quic }: StageOptions): Possible {
  return { fullDisks: hasDisks, quic: quic !== undefined };
}

function disksIn(directory: string): { readonly local: string; readonly server: string } {
  return { local: join(directory, "local-disk"), server: join(directory, "server-disk") };
}

function mount(args: readonly string[]): void {
  const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`mount ${args.join(" ")}: ${stderr}`);
}

/** How many children of smbd serve connections. */
function connectionsOf(smbd: number): number {
  let count = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const [, command = "", rest = ""] =
        /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
      const [state, parent] = rest.split(" ");
      if (Number(parent) === smbd && state !== "Z" && !SMBD_SERVANTS.test(command)) count += 1;
    } catch {
      // It has ended since.
    }
  }
  return count;
}
