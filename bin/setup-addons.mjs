// Builds the addons for QUIC and for RDMA, once. Each may be missing: whatever goes wrong here is one
// line, and everything else goes on working.

import { isSettled as isQuicSettled } from "../packages/ngtcp2-napi/scripts/addon-state.mjs";
import { buildAddon as buildQuic } from "../packages/ngtcp2-napi/scripts/build-addon.mjs";
import { isSettled as isRdmaSettled } from "../packages/rdma-verbs-napi/scripts/addon-state.mjs";
import { buildAddon as buildRdma } from "../packages/rdma-verbs-napi/scripts/build-addon.mjs";
import { installPackages } from "./setup-debian.mjs";

const ADDONS = [
  { what: "QUIC", isSettled: isQuicSettled, build: buildQuic, command: "npm run build:quic" },
  { what: "SMB Direct", isSettled: isRdmaSettled, build: buildRdma, command: "npm run build:rdma" },
];

/**
 * Makes the addons where this machine allows it. Where the last attempt failed, nothing is done until
 * something has changed.
 *
 * @param {(what: string, run: () => void) => void} step announces and runs a step
 */
export function setupAddons(step) {
  for (const { what, isSettled, build, command } of ADDONS) {
    if (isSettled()) continue;
    const problem = attempt(build, step);
    if (problem === undefined) continue;
    const [reason] = problem.split("\n");
    process.stderr.write(
      `smbx: ${what} is not available: ${reason} (everything else works; \`${command}\` tries again)\n`,
    );
  }
}

function attempt(build, step) {
  try {
    return build({ step, install: (packages) => installPackages(packages, step) });
  } catch (error) {
    return error.message;
  }
}
