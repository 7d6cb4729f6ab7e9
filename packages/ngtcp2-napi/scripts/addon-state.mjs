// How the last attempt to build the addon ended, so that a set-up that runs at every start tries
// again only where the outcome may be another: the sources have changed, something was installed or
// removed, or a day has passed since a failure (the network may have been down).

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNodeGyp, hasProgram, localHeaders } from "./build-tools.mjs";
import { ADDON } from "./compile-addon.mjs";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
// Not in build, which is emptied by every attempt.
const STATE = join(PACKAGE, ".addon-state.json");
/** Where unavailable() of the package, and smbx, find the reason. */
const REASON = join(PACKAGE, "build", "unavailable.txt");
const RETRY_AFTER_MS = 24 * 60 * 60 * 1000;
/** What else decides what comes out. */
const INSTRUCTIONS = [
  "binding.gyp",
  "scripts/compile-addon.mjs",
  "scripts/fetch-ngtcp2.mjs",
  "scripts/native-library.mjs",
];
const PROGRAMS = ["g++", "make", "python3", "pkg-config", "sudo"];
const LIBRARIES = ["libngtcp2.pc", "libngtcp2_crypto_gnutls.pc", "gnutls.pc"];

/** Whether another attempt would end as the last one did. Takes about a millisecond. */
export function isSettled(now = Date.now()) {
  const state = readState();
  if (state === undefined || state.sources !== sources()) return false;
  if (state.reason === undefined) return existsSync(ADDON) && state.machine === machine();
  const age = now - state.at;
  return state.surroundings === surroundings() && age >= 0 && age < RETRY_AFTER_MS;
}

/**
 * Notes how an attempt has ended.
 *
 * @param {string | undefined} reason why there is no addon; undefined where there is one
 */
export function remember(reason, now = Date.now()) {
  const state = { sources: sources(), machine: machine(), surroundings: surroundings(), reason };
  writeFileSync(STATE, `${JSON.stringify({ ...state, at: now }, undefined, 2)}\n`);
  if (reason === undefined) {
    rmSync(REASON, { force: true });
    return;
  }
  // One of older sources would be worse than none.
  rmSync(ADDON, { force: true });
  mkdirSync(join(PACKAGE, "build"), { recursive: true });
  writeFileSync(REASON, `${reason}\n`);
}

function readState() {
  try {
    return JSON.parse(readFileSync(STATE, "utf8"));
  } catch {
    return undefined;
  }
}

function sources() {
  const hash = createHash("sha256");
  const native = readdirSync(join(PACKAGE, "src")).sort();
  for (const file of [...INSTRUCTIONS, ...native.map((name) => join("src", name))]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(PACKAGE, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

function machine() {
  return `${process.platform} ${process.arch}`;
}

/** What decides whether the addon can be built here. */
function surroundings() {
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return JSON.stringify([
    machine(),
    /^VERSION_ID=(\S+)/m.exec(release)?.[1],
    process.getuid?.() === 0,
    PROGRAMS.filter(hasProgram),
    findNodeGyp() !== undefined,
    localHeaders() !== undefined,
    libraries(),
  ]);
}

function libraries() {
  const folders = ["/usr/lib", "/usr/local/lib"].filter((folder) => existsSync(folder));
  return folders
    .flatMap((folder) => [
      join(folder, "pkgconfig"),
      ...readdirSync(folder)
        .filter((name) => name.includes("-linux-"))
        .map((name) => join(folder, name, "pkgconfig")),
    ])
    .flatMap((folder) => LIBRARIES.map((name) => join(folder, name)))
    .filter((file) => existsSync(file));
}
