// Runs in the lab's guest: smbx and cifs.ko move one file each way, in turn. Started by bench.mjs.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { diskOf, emptyShare, giveToUser, peer } from "../support/peer.ts";
import { freshDirectory, MIB, writeNoise } from "../support/transfers.ts";
import {
  type Client,
  clients,
  type Direction,
  dropCaches,
  mustBeEqual,
  type OpenClient,
} from "./clients.ts";
import { type Run, renderRuns, renderTargets } from "./table.ts";

const LOCAL = "/tmp/bench";
const bytes = Number(process.env["SMBX_LAB_MIB"] ?? 256) * MIB;
const rounds = Number(process.env["SMBX_LAB_ROUNDS"] ?? 1);
/**
 * What each client moves before it is measured: until then Node interprets and compiles, memory is
 * registered, and the kernel's client finds out how much it may ask for.
 */
const WARM_UP_BYTES = Math.min(bytes, 64 * MIB);

/** Seconds that all processors together were at work ([proc_stat(5)]: all but idle and iowait). */
function machineCpu(): number {
  const [, ...fields] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").split(/ +/);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields.map(Number);
  const ticksPerSecond = 100;
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
}

/** Moves the file of that name, and sees whether it arrived. */
async function move(
  client: OpenClient,
  direction: Direction,
  name: string,
): Promise<{ wall: number; process: number; machine: number }> {
  // A name for each: cifs.ko keeps a file open for a while, and does not see that its name is gone.
  const copy = `copy-of-${name}`;
  const local = join(LOCAL, direction === "get" ? copy : name);
  const remote = direction === "get" ? name : copy;
  const target = direction === "get" ? local : join(diskOf(peer.share), remote);
  rmSync(target, { force: true });
  dropCaches();
  try {
    const before = machineCpu();
    const cost = await client.move(direction, local, remote);
    const machine = machineCpu() - before;
    mustBeEqual(local, remote);
    return { ...cost, machine };
  } finally {
    rmSync(target, { force: true });
  }
}

async function run(client: Client, direction: Direction): Promise<Run> {
  const opened = await client.open();
  try {
    await move(opened, direction, "warm-up");
    const cost = await move(opened, direction, "source");
    const { name, wire } = client;
    return {
      ...{ client: name, wire, direction, bytes },
      ...{ seconds: cost.wall, processCpu: cost.process, machineCpu: cost.machine },
    };
  } finally {
    await opened.close();
  }
}

async function makeFiles(): Promise<void> {
  emptyShare();
  freshDirectory(LOCAL);
  for (const [name, size] of [
    ["warm-up", WARM_UP_BYTES],
    ["source", bytes],
  ] as const) {
    const remote = join(diskOf(peer.share), name);
    await writeNoise(remote, size);
    giveToUser(remote);
    await writeNoise(join(LOCAL, name), size);
  }
}

async function main(): Promise<void> {
  await makeFiles();
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const direction of ["get", "put"] as const) {
      // What the machine has to do beside this falls on another one in each round.
      const order = round % 2 === 0 ? clients() : clients().toReversed();
      for (const client of order) {
        try {
          runs.push(await run(client, direction));
        } catch (error) {
          // The others are worth knowing all the same.
          process.exitCode = 1;
          process.stdout.write(
            `${direction}, ${client.name} over ${client.wire}: ${String(error)}\n`,
          );
        }
      }
    }
  }
  process.stdout.write(`${renderRuns(runs)}\n${renderTargets(runs)}`);
  if (process.env["SMBX_LAB_JSON"] !== undefined) {
    writeFileSync(process.env["SMBX_LAB_JSON"], `${JSON.stringify(runs, undefined, 2)}\n`);
  }
}

await main();
