// Compiles the addon, and makes sure that it can be loaded.

import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { findNodeGyp, localHeaders } from "./build-tools.mjs";

const LIMIT_MS = 15 * 60 * 1000;

/**
 * Compiles an addon with node-gyp.
 *
 * @param {{ folder: string, file: string, sanitize?: boolean }} addon the package and its compiled addon
 * @returns {string | undefined} why there is none; the first line says it all
 */
export function compileWithGyp({ folder, file, sanitize = false }) {
  const gyp = findNodeGyp();
  if (gyp === undefined) return "there is no node-gyp (it comes with npm)";
  const jobs = String(availableParallelism());
  const flags = ["--silent", ...(sanitize ? ["--", "-Dsanitize=address"] : [])];
  // What has not changed is not compiled again; options for gyp itself are understood by "rebuild" only.
  const commands = sanitize ? ["rebuild"] : ["configure", "build"];
  const { status, output } = run(folder, [gyp, ...commands, "-j", jobs, ...flags]);
  if (status !== 0) return `the addon could not be compiled\n${lastLines(output)}`;
  return sanitize ? undefined : loadProblem(folder, file);
}

/** A library that is missing shows only when the addon is loaded: in a process of its own. */
function loadProblem(folder, file) {
  const { status, output } = run(folder, [
    "-e",
    `process.dlopen({ exports: {} }, ${JSON.stringify(file)})`,
  ]);
  if (status === 0) return undefined;
  const [, reason] = /^Error: (.*)$/m.exec(output) ?? [];
  return `the addon was compiled and cannot be loaded: ${reason ?? lastLines(output)}`;
}

function run(folder, args) {
  const headers = localHeaders();
  const { status, stdout, stderr, error } = spawnSync(process.execPath, args, {
    cwd: folder,
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
