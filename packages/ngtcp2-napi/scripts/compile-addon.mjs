// Compiles the addon, and makes sure that it can be loaded.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileWithGyp } from "../../addon-build/compile-with-gyp.mjs";
import { findNativeLibrary } from "./native-library.mjs";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
/** The compiled addon. */
export const ADDON = join(PACKAGE, "build", "Release", "ngtcp2_napi.node");

/**
 * Compiles the addon.
 *
 * @param {{ sanitize?: boolean }} options
 * @returns {string | undefined} why there is none; the first line says it all
 */
export function compileAddon({ sanitize = false } = {}) {
  const library = findNativeLibrary();
  if ("missing" in library) return library.missing;
  return compileWithGyp({ folder: PACKAGE, file: ADDON, sanitize });
}
