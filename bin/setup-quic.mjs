// Builds the addon for QUIC, once. It may be missing: whatever goes wrong here is one line, and
// everything but QUIC goes on working.

import { isSettled } from "../packages/ngtcp2-napi/scripts/addon-state.mjs";
import { buildAddon } from "../packages/ngtcp2-napi/scripts/build-addon.mjs";
import { installPackages } from "./setup-debian.mjs";

/**
 * Makes QUIC available where this machine allows it. Where the last attempt failed, nothing is done
 * until something has changed.
 *
 * @param {(what: string, run: () => void) => void} step announces and runs a step
 */
export function setupQuic(step) {
  if (isSettled()) return;
  const problem = attempt(step);
  if (problem === undefined) return;
  const [reason] = problem.split("\n");
  process.stderr.write(
    `smbx: QUIC is not available: ${reason} (everything else works; \`npm run build:quic\` tries again)\n`,
  );
}

function attempt(step) {
  try {
    return buildAddon({ step, install: (packages) => installPackages(packages, step) });
  } catch (error) {
    return error.message;
  }
}
