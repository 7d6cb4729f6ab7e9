// Runs in the lab's guest: smbx and cifs.ko move one file each way, in turn. Started by bench.mjs.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Measurement, measure } from "../../bench/measure.ts";
import { diskOf, emptyShare, giveToUser, peer } from "../support/peer.ts";
import { freshDirectory, MIB, writeNoise } from "../support/transfers.ts";
import { type Client, clients, type Direction, dropCaches, mustBeEqual } from "./clients.ts";
import { type Run, renderRuns, renderTargets } from "./table.ts";

const LOCAL = "/tmp/bench";
const bytes = Number(process.env["SMBX_LAB_MIB"] ?? 256) * MIB;
const rounds = Number(process.env["SMBX_LAB_ROUNDS"] ?? 1);

interface Cost {
  readonly wall: number;
  readonly process: number;
  readonly machine: number;
}

async function cost(command: readonly string[]): Promise<Cost> {
  const before = machineCpu();
  const { wallSeconds, cpuSeconds }: Measurement = await measure({
    command,
    cwd: LOCAL,
    env: {},
  });
  return { wall: wallSeconds, process: cpuSeconds, machine: machineCpu() - before };
}

/** Seconds that all processors together were at work ([proc_stat(5)]: all but idle and iowait). */
function machineCpu(): number {
  const [, ...fields] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").split(/ +/);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields.map(Number);
  const ticksPerSecond = 100;
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
}

async function run(client: Client, direction: Direction): Promise<Run> {
  const local = join(LOCAL, direction === "get" ? "copy" : "source");
  const remote = direction === "get" ? "source" : "copy";
  const target = direction === "get" ? local : join(diskOf(peer.share), remote);
  rmSync(target, { force: true });
  client.prepare();
  try {
    const idle =
      client.idleCommand === undefined
        ? { wall: 0, process: 0, machine: 0 }
        : await cost(client.idleCommand);
    dropCaches();
    const whole = await cost(client.command(direction, local, remote));
    mustBeEqual(local, remote);
    const { name, wire } = client;
    return {
      ...{ client: name, wire, direction, bytes },
      seconds: whole.wall - idle.wall,
      processCpu: whole.process - idle.process,
      machineCpu: whole.machine - idle.machine,
    };
  } finally {
    client.finish();
    rmSync(target, { force: true });
  }
}

async function main(): Promise<void> {
  emptyShare();
  freshDirectory(LOCAL);
  const source = join(diskOf(peer.share), "source");
  await writeNoise(source, bytes);
  giveToUser(source);
  await writeNoise(join(LOCAL, "source"), bytes);
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const direction of ["get", "put"] as const) {
      for (const client of clients()) {
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
