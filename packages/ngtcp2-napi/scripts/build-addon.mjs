// Gets libngtcp2 and compiles the addon: `npm run build:addon`, or `npm run build:quic` in the
// checkout of smbx, whose set-up calls it too. Installing the package never does. Why it failed is
// kept beside the build, where unavailable() finds it.

import { fileURLToPath } from "node:url";
import { remember } from "./addon-state.mjs";
import { compileAddon } from "./compile-addon.mjs";
import { fetchNativeLibrary } from "./fetch-ngtcp2.mjs";

/**
 * Makes the addon, with everything that it needs.
 *
 * @param {Parameters<typeof fetchNativeLibrary>[0]} hooks
 * @returns {string | undefined} why there is none; the first line says it all
 */
export function buildAddon(hooks = {}) {
  const { step = (_, run) => run() } = hooks;
  let problem = fetchNativeLibrary(hooks);
  if (problem === undefined) {
    step("compiling the QUIC addon (once; about a minute)", () => {
      problem = compileAddon();
    });
  }
  remember(problem);
  return problem;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = buildAddon();
  if (problem !== undefined) {
    process.stderr.write(`ngtcp2-napi: not built, QUIC is unavailable: ${problem}\n`);
    process.exitCode = 1;
  }
}
