import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { measure } from "../../bench/measure.ts";
import { diskOf, peer } from "../support/peer.ts";
import { type ShellCost, SmbxShell } from "./smbx-shell.ts";

const MOUNTED = "/mnt/data";

export type WireName = "SMB Direct" | "TCP";
export type Direction = "get" | "put";

/** A way to move files. */
export interface Client {
  readonly name: "smbx" | "cifs.ko";
  readonly wire: WireName;
  /** Connects and logs on, which is not measured. */
  open(): Promise<OpenClient>;
}

/** One that is connected. */
export interface OpenClient {
  /** Moves one file; resolves when the server, or the local disk, has all of it. */
  move(direction: Direction, local: string, remote: string): Promise<ShellCost>;
  close(): Promise<void>;
}

/**
 * The four clients of the comparison, all unsigned: cifs.ko does not sign unless it is told to, and
 * data that are signed or encrypted cannot be offloaded without more.
 */
export function clients(): readonly Client[] {
  const withDirect = peer.rdma !== "none";
  const wires: readonly WireName[] = withDirect ? ["SMB Direct", "TCP"] : ["TCP"];
  return wires.flatMap((wire) => [smbx(wire), kernel(wire)]);
}

function smbx(wire: WireName): Client {
  const transport = wire === "TCP" ? "tcp" : `smbdirect:${peer.rdmaPort}`;
  const args = [
    ...[`//${peer.host}/${peer.share}`, "-U", `${peer.username}%${peer.password}`],
    ...[`--transport=${transport}`, "--client-protection=off", "--multichannel=off"],
  ];
  return {
    name: "smbx",
    wire,
    async open() {
      const shell = await SmbxShell.start(args);
      return {
        move: (direction, local, remote) =>
          shell.run(direction === "get" ? `get ${remote} ${local}` : `put ${local} ${remote}`),
        close: () => shell.end(),
      };
    },
  };
}

function kernel(wire: WireName): Client {
  return {
    name: "cifs.ko",
    wire,
    async open() {
      must(["lab-mount", wire === "TCP" ? "tcp" : "rdma"]);
      return {
        async move(direction, local, remote) {
          const there = join(MOUNTED, remote);
          // It has written nothing before it is told to.
          const [from, to, ...more] =
            direction === "get" ? [there, local] : [local, there, "conv=fsync"];
          const command = ["dd", `if=${from}`, `of=${to}`, "bs=4M", ...more];
          const { wallSeconds, cpuSeconds } = await measure({ command, cwd: "/", env: {} });
          return { wall: wallSeconds, process: cpuSeconds };
        },
        async close() {
          must(["umount", MOUNTED]);
        },
      };
    },
  };
}

/** Forgets what any file system has cached. */
export function dropCaches(): void {
  must(["sync"]);
  writeFileSync("/proc/sys/vm/drop_caches", "3\n");
}

/** @throws {Error} where two files differ */
export function mustBeEqual(local: string, remote: string): void {
  must(["cmp", local, join(diskOf(peer.share), remote)]);
}

function must([program = "", ...args]: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: status ${status}\n${stderr}`);
}
