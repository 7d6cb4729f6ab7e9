// Compiles the addon: `npm run build:addon`. Why it failed is kept beside the build, where unavailable()
// finds it. Without the headers of libibverbs and librdmacm the provider for tests is built alone.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const REASON = join(PACKAGE, "build", "unavailable.txt");

/**
 * Builds the addon.
 *
 * @param {{ sanitize?: boolean }} options
 * @returns {string | undefined} why there is none
 */
export function buildAddon({ sanitize = false } = {}) {
  if (process.platform !== "linux") return "rdma-verbs-napi runs on Linux only";
  const gyp = findNodeGyp();
  if (gyp === undefined) return "there is no node-gyp: start this with `npm run build:addon`";
  const flags = ["--silent", ...(sanitize ? ["--", "-Dsanitize=address"] : [])];
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [gyp, "rebuild", "-j", "2", ...flags],
    {
      cwd: PACKAGE,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
      env: environment(),
    },
  );
  if (status === 0) return undefined;
  const lines = `${stdout}${stderr}`.trim().split("\n");
  return `the addon could not be compiled:\n${lines.slice(-20).join("\n")}`;
}

/** Headers that the system keeps for this very Node need no download. */
function environment() {
  const hasLocalHeaders = existsSync(join(process.execPath, "../../include/node/node_api.h"));
  return hasLocalHeaders && process.env["npm_config_nodedir"] === undefined
    ? { ...process.env, npm_config_nodedir: join(process.execPath, "../..") }
    : process.env;
}

/** npm has a node-gyp of its own, and tells its scripts where. */
function findNodeGyp() {
  const told = process.env["npm_config_node_gyp"];
  if (told !== undefined) return told;
  try {
    return createRequire(import.meta.url).resolve("node-gyp/bin/node-gyp.js");
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reason = buildAddon({ sanitize: process.argv.includes("--sanitize") });
  if (reason === undefined) {
    rmSync(REASON, { force: true });
  } else {
    mkdirSync(join(PACKAGE, "build"), { recursive: true });
    writeFileSync(REASON, `${reason}\n`);
    process.stderr.write(`rdma-verbs-napi: not built: ${reason}\n`);
    process.exitCode = 1;
  }
}
