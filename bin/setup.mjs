// Brings a checkout to the state in which it runs: Node, npm packages, Debian packages, build, and
// the addons for QUIC and RDMA where they can be had.
// Plain JavaScript on Node's own modules, because it runs before anything is installed or built.
// Does nothing, in a few milliseconds, where nothing is missing.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setupAddons } from "./setup-addons.mjs";
import { installDebianPackages } from "./setup-debian.mjs";

/** The checkout. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

const BUILD_STAMP = join(ROOT, "dist", ".sources");

/** A reason to stop that the user must read. */
export class SetupError extends Error {}

/**
 * Makes everything ready. `programs` maps programs that must be there to their Debian packages.
 *
 * @param {{ programs?: Record<string, string>, build?: boolean }} options
 * @throws {SetupError} with the exact command where the user must help
 */
export function setup({ programs = {}, build = true } = {}) {
  checkNode();
  if (!npmPackagesMatch()) installNpmPackages();
  const problem = installDebianPackages(programs, step);
  if (problem !== undefined) throw new SetupError(problem);
  if (build && readStamp() !== fingerprint()) buildAll();
  setupAddons(step);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(
    `smbx needs Node.js 20.19 or newer; this is ${process.versions.node} (${process.execPath}).\n` +
      "Debian 13 has it (apt-get install nodejs npm); for others see https://nodejs.org/en/download",
  );
}

/** True when node_modules holds exactly the versions of package-lock.json. */
function npmPackagesMatch() {
  const hidden = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = readJson(hidden).packages;
  const wanted = readJson(join(ROOT, "package-lock.json")).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    const isMissing = installed[path] === undefined;
    if (path === "" || (isMissing && (entry.optional || !path.includes("node_modules/"))))
      return true;
    return installed[path]?.version === entry.version;
  });
}

function installNpmPackages() {
  step("installing npm packages", () => {
    const args = ["ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"];
    const { status, output } = capture("npm", args);
    if (status === 0) return;
    throw new SetupError(
      `npm ci failed:\n${output.split("\n").slice(0, 20).join("\n")}\n\nnpm must be installed (Debian: apt-get install npm) and reach its registry.`,
    );
  });
}

function buildAll() {
  step("building", () => {
    const sources = fingerprint();
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    for (const args of [[compiler, "-b"], [join(ROOT, "bin", "bundle.mjs")]]) {
      const { status, output } = capture(process.execPath, args);
      if (status !== 0) throw new SetupError(`The build failed:\n${output}`);
    }
    mkdirSync(join(ROOT, "dist"), { recursive: true });
    writeFileSync(BUILD_STAMP, sources);
  });
}

function readStamp() {
  return existsSync(BUILD_STAMP) ? readFileSync(BUILD_STAMP, "utf8") : undefined;
}

/** Changes whenever a source or a compiler setting does. */
function fingerprint() {
  const hash = createHash("sha256");
  const add = (path) => {
    const { mtimeMs, size } = statSync(path);
    hash.update(`${path}\0${mtimeMs}\0${size}\n`);
  };
  for (const folder of ["src", "packages/ngtcp2-napi/lib", "packages/rdma-verbs-napi/lib"]) {
    const sources = readdirSync(join(ROOT, folder), { recursive: true }).sort();
    for (const path of sources) if (/\.(tsx?|json)$/.test(path)) add(join(ROOT, folder, path));
  }
  const others = ["bin/bundle.mjs", "package-lock.json", "tsconfig.json", "tsconfig.base.json"];
  for (const path of others) add(join(ROOT, path));
  return hash.digest("hex");
}

/** Runs one step that takes time: one line about it. */
export function step(what, run) {
  const started = Date.now();
  process.stderr.write(`smbx: ${what} ...`);
  try {
    run();
  } catch (error) {
    process.stderr.write(" failed\n");
    throw error;
  }
  process.stderr.write(` ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

function capture(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status, output: error === undefined ? `${stdout}${stderr}`.trim() : error.message };
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/**
 * Runs the body of a program in bin/: a SetupError is shown without a stack and ends it with status 1.
 *
 * @param {() => Promise<number>} body resolves with the exit status
 */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    setup();
    return 0;
  });
}
