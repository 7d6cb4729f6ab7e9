// The virtual machine as run.mjs and bench.mjs use it: is it built, can it be, and one boot of it.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { ROOT, SetupError } from "../../bin/setup.mjs";

const HERE = join(ROOT, "test", "lab");
export const LAB = join(HERE, "lab");
/** Here, so that the guest finds the packages that bundles import. */
const BUNDLES = join(ROOT, "node_modules", ".cache", "smbx-lab");

/** A place in the guest, where the checkout is mounted. */
export function inGuest(path) {
  return join("/project", relative(ROOT, path));
}

/** Why there is no machine to boot, or undefined. */
export function machineUnavailable() {
  if (process.platform !== "linux" || process.arch !== "x64") return "it needs Linux on x86-64";
  if (spawnSync("qemu-system-x86_64", ["--version"]).error !== undefined)
    return "qemu-system-x86_64 is not installed";
  if (spawnSync(LAB, ["ready"]).status !== 0) return "the virtual machine is not built";
  return undefined;
}

/**
 * Builds what is missing of the machine.
 *
 * @throws {SetupError} with the exact command where the user must help
 */
export function buildMachine() {
  const reason = machineUnavailable();
  if (reason === undefined) return;
  const directory = process.env.SMB_LAB_DIR ?? join(homedir(), ".cache", "smb-lab");
  const command = `sudo SMB_LAB_DIR=${directory} ${relative(process.cwd(), LAB)} build`;
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new SetupError(`The virtual machine cannot run here: ${reason}.`);
  if (spawnSync("apt-get", ["--version"]).error !== undefined)
    throw new SetupError("The virtual machine is built from Debian packages: this is no Debian.");
  if (process.getuid() !== 0) {
    throw new SetupError(
      `No virtual machine to boot: ${reason}. Building it takes 15 to 30 minutes and 5 GB, and root:\n` +
        `  ${command}`,
    );
  }
  process.stderr.write(
    `smbx: ${reason}. Building it (a kernel, a root image) takes 15 to 30 minutes, once.\n`,
  );
  if (spawnSync(LAB, ["build"], { stdio: "inherit" }).status !== 0)
    throw new SetupError(`The virtual machine could not be built. To try again: ${command}`);
}

/** The suites or programs below a folder of test/lab, by the ending of their names. */
export function modulesIn(folder, ending) {
  return readdirSync(join(HERE, folder))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(HERE, folder, name));
}

/** Joins each module with the sources that it imports; the guest compiles nothing. Returns where. */
export async function bundle(modules) {
  rmSync(BUNDLES, { recursive: true, force: true });
  mkdirSync(BUNDLES, { recursive: true });
  await build({
    entryPoints: modules,
    outdir: BUNDLES,
    outbase: ROOT,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    packages: "external",
    sourcemap: "inline",
    sourcesContent: false,
    logLevel: "warning",
  });
  return modules.map((path) => join(BUNDLES, relative(ROOT, path).replace(/\.ts$/, ".mjs")));
}

/** The source of a bundled module, which may be named as the guest or the host sees it. */
export function sourceOf(path) {
  const at = path.indexOf(`${relative(ROOT, BUNDLES)}/`);
  if (at < 0) return path;
  return path.slice(at + relative(ROOT, BUNDLES).length + 1).replace(/\.mjs$/, ".ts");
}

/**
 * Boots the machine, runs a command in it and powers it off.
 *
 * @param {readonly string[]} options of `lab run`
 * @param {readonly string[]} command
 * @param {(line: string) => void} onLine gets each line of standard output
 * @returns {Promise<number>} the command's exit status; 124 and 125 as the README of the lab says
 */
export async function boot(options, command, onLine) {
  const child = spawn(LAB, ["run", "--project", ROOT, ...options, "--", ...command], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // Whoever ends this program ends the machine.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => {
      child.kill("SIGTERM");
      process.exitCode = 125;
    });
  }
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 125));
  });
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  return await ended;
}
