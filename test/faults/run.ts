// Random jobs of the program under random faults: npm run test:faults -- [OPTIONS]
//
//   --rounds N     how many (20)
//   --seed N       the seed of the first round (by the clock); the next ones count on
//   --workers N    how many at once, each with a server of its own (2)
//   --only TEXT    leaves out rounds in whose description TEXT does not occur
//   --verbose      prints every round
//
// The seed of a round that went wrong is printed: --seed N --rounds 1 plays it again, as far as timing
// allows. Another Samba is tested by putting its programs in front of PATH.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { unavailable } from "ngtcp2-napi";
import { CertificateAuthority } from "../../packages/ngtcp2-napi/test/certificates.ts";
import { sambaUnavailable } from "../support/samba.ts";
import { campaign } from "./campaign.ts";
import type { QuicIdentity } from "./stage.ts";

/** Set in the mount namespace in which small disks can be made without anybody else seeing them. */
const HAS_DISKS = "SMBX_FAULTS_DISKS";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    seed: { type: "string", default: String(Math.floor(Date.now() / 1000)) },
    workers: { type: "string", default: "2" },
    only: { type: "string", default: "" },
    verbose: { type: "boolean", default: false },
  },
});

/** Why no disk of one's own can be made, or undefined. */
function disksUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can mount small disks";
  const probe = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "probe", tmpdir()]);
  return probe.status === 0
    ? undefined
    : `no mounts of one's own here: ${String(probe.stderr).trim()}`;
}

async function main(): Promise<number> {
  const reason = sambaUnavailable();
  if (reason !== undefined) {
    console.log(`There is no server: ${reason}`);
    return 1;
  }
  const hasDisks = process.env[HAS_DISKS] !== undefined;
  if (!hasDisks) makeOwnFolder();
  const noDisks = hasDisks ? undefined : disksUnavailable();
  if (!hasDisks && noDisks === undefined) return await againWithDisks();
  if (noDisks !== undefined) console.log(`Skipped: full disks (${noDisks})`);
  const noQuic = unavailable();
  if (noQuic !== undefined) console.log(`Skipped: QUIC (${noQuic})`);
  const quic = noQuic === undefined ? certificates() : undefined;
  const seed = Number(values.seed);
  const { rounds, workers, only, verbose } = values;
  const plan = { seed, rounds: Number(rounds), workers: Number(workers), only, verbose };
  return await campaign(plan, { hasDisks, ...(quic === undefined ? {} : { quic }) });
}

/** Everything is made in one folder, which goes with this process. */
function makeOwnFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), "smbx-faults-"));
  process.env["TMPDIR"] = folder;
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
}

/** Mounts of this process are nobody else's, and gone with it. */
async function againWithDisks(): Promise<number> {
  const self = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)];
  const namespace = ["--mount", "--propagation", "private", "--fork", "--kill-child"];
  const child = spawn("unshare", [...namespace, ...self, ...process.argv.slice(2)], {
    env: { ...process.env, [HAS_DISKS]: "1" },
    stdio: "inherit",
  });
  process.once("exit", () => child.kill("SIGKILL"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  return await new Promise((resolve) => child.on("close", (status) => resolve(status ?? 1)));
}

function certificates(): QuicIdentity {
  const authority = new CertificateAuthority();
  const caFile = join(tmpdir(), "ca.pem");
  writeFileSync(caFile, authority.root.cert);
  const identity = authority.issue();
  authority.dispose();
  return { identity, caFile };
}

process.exitCode = await main();
