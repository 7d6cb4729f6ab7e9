// Compiles the addon: `npm run build:addon`, or `npm run build:rdma` in the checkout of smbx, whose
// set-up calls it too. Installing the package never does. Without the headers of libibverbs and
// librdmacm the provider for tests is built alone, and `verbs` says so; it is tried again when they
// are there.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hasProgram, localHeaders } from "../../addon-build/build-tools.mjs";
import { remember } from "./addon-state.mjs";
import { compileAddon } from "./compile-addon.mjs";

const HEADER = "/usr/include/rdma/rdma_cma.h";

/**
 * Makes the addon, with everything that it needs.
 *
 * @param {object} hooks
 * @param {(packages: string[]) => string | undefined} [hooks.install] installs Debian's packages
 * @param {(what: string, run: () => void) => void} [hooks.step] announces and runs a step
 * @returns {string | undefined} why there is none; the first line says it all
 */
export function buildAddon({ install, step = (_, run) => run() } = {}) {
  const packages = missingPackages();
  // Without the headers there is still something to be built.
  const problem = packages.length > 0 ? install?.(packages) : undefined;
  let reason = hasTools() ? undefined : (problem ?? "there is no compiler (g++, make, python3)");
  if (reason === undefined) {
    step("compiling the RDMA addon (once; about a minute)", () => {
      reason = compileAddon();
    });
  }
  remember(reason);
  return reason;
}

function hasTools() {
  return ["g++", "make", "python3"].every(hasProgram);
}

function missingPackages() {
  if (!existsSync("/usr/bin/apt-get")) return [];
  const tools = ["g++", "make", "python3"].filter((name) => !hasProgram(name));
  const headers = existsSync(HEADER) ? [] : ["libibverbs-dev", "librdmacm-dev"];
  // Debian's own Node has its headers in a package.
  const node = localHeaders() === undefined && process.execPath === "/usr/bin/node";
  return [...tools, ...headers, ...(node ? ["libnode-dev"] : [])];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = buildAddon();
  if (problem !== undefined) {
    process.stderr.write(`rdma-verbs-napi: not built: ${problem}\n`);
    process.exitCode = 1;
  }
}
