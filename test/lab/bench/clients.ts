import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { diskOf, peer } from "../support/peer.ts";

/** The program as built, in the guest's checkout. */
const SMBX = "/project/bin/smbx.cjs";
const MOUNTED = "/mnt/data";

export type WireName = "SMB Direct" | "TCP";
export type Direction = "get" | "put";

/** A way to move one file. */
export interface Client {
  readonly name: "smbx" | "cifs.ko";
  readonly wire: WireName;
  /** Done before a run, and not measured. */
  prepare(): void;
  command(direction: Direction, local: string, remote: string): readonly string[];
  /** What a run costs that moves nothing, to be taken off; undefined where that is nothing. */
  readonly idleCommand: readonly string[] | undefined;
  finish(): void;
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
  const share = `//${peer.host}/${peer.share}`;
  const transport = wire === "TCP" ? "tcp" : `smbdirect:${peer.rdmaPort}`;
  const multichannel = hasOption("--multichannel") ? ["--multichannel=off"] : [];
  const options = [`--transport=${transport}`, "--client-protection=off", ...multichannel];
  const run = (commands: string): readonly string[] => [
    ...[process.execPath, SMBX, share, ...options],
    ...["-U", `${peer.username}%${peer.password}`, "-c", commands],
  ];
  return {
    name: "smbx",
    wire,
    prepare() {},
    command: (direction, local, remote) =>
      run(direction === "get" ? `get ${remote} ${local}` : `put ${local} ${remote}`),
    idleCommand: run("pwd"),
    finish() {},
  };
}

function hasOption(name: string): boolean {
  const { stdout } = spawnSync(process.execPath, [SMBX, "--help"], { encoding: "utf8" });
  return stdout.includes(name);
}

function kernel(wire: WireName): Client {
  return {
    name: "cifs.ko",
    wire,
    prepare() {
      must(["lab-mount", wire === "TCP" ? "tcp" : "rdma"]);
    },
    command: (direction, local, remote) =>
      direction === "get"
        ? ["dd", `if=${join(MOUNTED, remote)}`, `of=${local}`, "bs=4M"]
        : ["dd", `if=${local}`, `of=${join(MOUNTED, remote)}`, "bs=4M", "conv=fsync"],
    idleCommand: undefined,
    finish() {
      must(["umount", MOUNTED]);
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
