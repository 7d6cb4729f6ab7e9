// How the last attempt to build the addon ended, so that a set-up that runs at every start tries
// again only where the outcome may be another: the sources have changed, something was installed or
// removed, or a day has passed since a failure (the network may have been down).

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findNodeGyp, hasProgram, localHeaders } from "./build-tools.mjs";

const RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * The state of a package's addon.
 *
 * @param {object} addon
 * @param {string} addon.folder the package
 * @param {string} addon.file the compiled addon
 * @param {string[]} addon.instructions files of the package, beside src, that decide what comes out
 * @param {string[]} addon.programs programs that it is built with
 * @param {string[]} addon.libraries files of pkg-config, likewise
 */
export function addonState({ folder, file, instructions, programs, libraries }) {
  // Not in build, which is emptied by every attempt.
  const statePath = join(folder, ".addon-state.json");
  /** Where unavailable() of the package, and smbx, find the reason. */
  const reasonPath = join(folder, "build", "unavailable.txt");
  /** Whether another attempt would end as the last one did. Takes about a millisecond. */
  function isSettled(now = Date.now()) {
    const state = readState();
    if (state === undefined || state.sources !== sources()) return false;
    if (state.reason === undefined) return existsSync(file) && state.machine === machine();
    const age = now - state.at;
    return state.surroundings === surroundings() && age >= 0 && age < RETRY_AFTER_MS;
  }

  /**
   * Notes how an attempt has ended.
   *
   * @param {string | undefined} reason why there is no addon; undefined where there is one
   */
  function remember(reason, now = Date.now()) {
    const state = { sources: sources(), machine: machine(), surroundings: surroundings(), reason };
    writeFileSync(statePath, `${JSON.stringify({ ...state, at: now }, undefined, 2)}\n`);
    if (reason === undefined) {
      rmSync(reasonPath, { force: true });
      return;
    }
    // One of older sources would be worse than none.
    rmSync(file, { force: true });
    mkdirSync(join(folder, "build"), { recursive: true });
    writeFileSync(reasonPath, `${reason}\n`);
  }

  function readState() {
    try {
      return JSON.parse(readFileSync(statePath, "utf8"));
    } catch {
      return undefined;
    }
  }

  function sources() {
    const hash = createHash("sha256");
    const native = readdirSync(join(folder, "src")).sort();
    for (const name of [...instructions, ...native.map((source) => join("src", source))]) {
      hash
        .update(`${name}\0`)
        .update(readFileSync(join(folder, name)))
        .update("\0");
    }
    return hash.digest("hex");
  }

  /** What decides whether the addon can be built here. */
  function surroundings() {
    const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
    return JSON.stringify([
      machine(),
      /^VERSION_ID=(\S+)/m.exec(release)?.[1],
      process.getuid?.() === 0,
      programs.filter(hasProgram),
      findNodeGyp() !== undefined,
      localHeaders() !== undefined,
      foundLibraries(libraries),
    ]);
  }

  return { isSettled, remember };
}

function machine() {
  return `${process.platform} ${process.arch}`;
}

function foundLibraries(libraries) {
  const folders = ["/usr/lib", "/usr/local/lib"].filter((folder) => existsSync(folder));
  return folders
    .flatMap((folder) => [
      join(folder, "pkgconfig"),
      ...readdirSync(folder)
        .filter((name) => name.includes("-linux-"))
        .map((name) => join(folder, name, "pkgconfig")),
    ])
    .flatMap((folder) => libraries.map((name) => join(folder, name)))
    .filter((file) => existsSync(file));
}
