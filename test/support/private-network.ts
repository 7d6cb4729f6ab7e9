import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Namespaces of network, mounts and processes: all of it goes with the first process in it. */
const UNSHARE = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
const PROGRAMS = ["unshare", "ip", "nft", "mount"];

/** Why no network of one's own can be made here, or undefined. */
export function privateNetworkUnavailable(): string | undefined {
  if (process.getuid?.() !== 0) return "a network namespace needs root";
  const missing = PROGRAMS.find((name) => spawnSync("which", [name]).status !== 0);
  if (missing !== undefined) return `${missing} is not installed`;
  const probe = spawnSync("unshare", [...UNSHARE, "nft", "add", "table", "inet", "probe"]);
  return probe.status === 0 ? undefined : `no namespace here: ${String(probe.stderr).trim()}`;
}

/**
 * Runs a TypeScript program, with everything it starts, in a network of its own. Nothing of it
 * outlives the program or this process: the namespaces have no names, and the kernel ends what is in
 * them when their first process ends; that one is expected to end when its parent has gone
 * (`disconnect`). Its temporary files are removed with it.
 *
 * @returns what it sent to its parent by `process.send`
 */
export async function inPrivateNetwork(program: URL): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), "smbx-net-"));
  const command = [process.execPath, "--import", "tsx", fileURLToPath(program)];
  const child = spawn("unshare", [...UNSHARE, ...command], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  let told: unknown;
  child.on("message", (message) => {
    told = message;
  });
  const end = (): void => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", end);
  const [status] = (await once(child, "close")) as [number | null];
  process.off("exit", end);
  rmSync(folder, { recursive: true, force: true });
  if (status !== 0) throw new Error(`The program in its own network ended with ${status}`);
  return told;
}
