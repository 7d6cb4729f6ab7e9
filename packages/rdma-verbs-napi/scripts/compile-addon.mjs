// Compiles the addon, and makes sure that it can be loaded.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileWithGyp } from "../../addon-build/compile-with-gyp.mjs";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
/** The compiled addon. */
export const ADDON = join(PACKAGE, "build", "Release", "rdma_verbs_napi.node");

/**
 * Compiles the addon.
 *
 * @param {{ sanitize?: boolean }} options
 * @returns {string | undefined} why there is none; the first line says it all
 */
export function compileAddon({ sanitize = false } = {}) {
  if (process.platform !== "linux") return "rdma-verbs-napi runs on Linux only";
  return compileWithGyp({ folder: PACKAGE, file: ADDON, sanitize });
}
