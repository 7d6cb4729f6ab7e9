// Compiles the addon, and makes sure that it can be loaded.

import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNodeGyp, localHeaders } from "./build-tools.mjs";
import { findNativeLibrary } from "./native-library.mjs";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
/** The compiled addon. */
export const ADDON = join(PACKAGE, "build", "Release", "ngtcp2_napi.node");
const LIMIT_MS = 15 * 60 * 1000;

/**
 * Compiles the addon.
 *
 * @param {{ sanitize?: boolean }} options
 * @returns {string | undefined} why there is none; the first line says it all
 */
export function compileAddon({ sanitize = false } = {}) {
  const library = findNativeLibrary();
  if ("missing" in library) return library.missing;
  const gyp = findNodeGyp();
  if (gyp === undefined) return "there is no node-gyp (it comes with npm)";
  const jobs = String(availableParallelism());
  const flags = ["--silent", ...(sanitize ? ["--", "-Dsanitize=address"] : [])];
  const { status, output } = run([gyp, "rebuild", "-j", jobs, ...flags]);
  if (status !== 0) return `the addon could not be compiled\n${lastLines(output)}`;
  return sanitize ? undefined : loadProblem();
}

/** A library that is missing shows only when the addon is loaded: in a process of its own. */
function loadProblem() {
  const { status, output } = run([
    "-e",
    `process.dlopen({ exports: {} }, ${JSON.stringify(ADDON)})`,
  ]);
  if (status === 0) return undefined;
  const [, reason] = /^Error: (.*)$/m.exec(output) ?? [];
  return `the addon was compiled and cannot be loaded: ${reason ?? lastLines(output)}`;
}

function run(args) {
  const headers = localHeaders();
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, {
    cwd: PACKAGE,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    timeout: LIMIT_MS,
    env: headers === undefined ? process.env : { ...process.env, npm_config_nodedir: headers },
  });
  return { status, output: `${stdout}${stderr}${error?.message ?? ""}`.trim() };
}

function lastLines(output) {
  return output.split("\n").slice(-20).join("\n");
}
