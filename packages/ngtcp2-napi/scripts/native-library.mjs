// Where libngtcp2 is: the system's, or the private copy that fetch-ngtcp2.mjs made.
//   node native-library.mjs include     directories for the compiler
//   node native-library.mjs libraries   arguments for the linker

import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The oldest release with everything that the addon calls. */
export const MINIMUM_VERSION = "1.11.0";

const PACKAGES = ["libngtcp2", "libngtcp2_crypto_gnutls"];
const PREFIX = fileURLToPath(new URL("../.deps", import.meta.url));

/**
 * How to compile against libngtcp2.
 *
 * @returns {{ version: string, include: string[], libraries: string[] } | { missing: string }}
 */
export function findNativeLibrary() {
  if (process.platform !== "linux") return { missing: "ngtcp2-napi runs on Linux only" };
  if (!succeeds("pkg-config", ["--version"])) return { missing: "pkg-config is not installed" };
  if (!findGnutls()) {
    return { missing: "the headers of GnuTLS 3.7.2 or newer are not installed (libgnutls28-dev)" };
  }
  return privateCopy() ?? systemCopy() ?? { missing: describeMissing() };
}

/** Whether the headers of GnuTLS are there. */
export function findGnutls() {
  return succeeds("pkg-config", ["--exists", "gnutls >= 3.7.2"]);
}

function systemCopy() {
  if (
    !succeeds("pkg-config", [
      "--exists",
      ...PACKAGES.map((name) => `${name} >= ${MINIMUM_VERSION}`),
    ])
  )
    return undefined;
  return {
    version: query(["--modversion", "libngtcp2"])[0] ?? "",
    include: query(["--cflags-only-I", ...PACKAGES, "gnutls"]).map((flag) => flag.slice(2)),
    libraries: query(["--libs", ...PACKAGES, "gnutls"]),
  };
}

function privateCopy() {
  const usr = join(PREFIX, "usr");
  const multiarch = existsSync(join(usr, "lib")) ? readdirSync(join(usr, "lib")) : [];
  const name = multiarch.find((entry) => existsSync(join(usr, "lib", entry, "libngtcp2.so")));
  if (name === undefined) return undefined;
  const directory = join(usr, "lib", name);
  const environment = { PKG_CONFIG_PATH: join(directory, "pkgconfig") };
  const atLeast = PACKAGES.map((entry) => `${entry} >= ${MINIMUM_VERSION}`);
  if (!succeeds("pkg-config", ["--exists", ...atLeast], environment)) return undefined;
  return {
    version: query(["--modversion", "libngtcp2"], environment)[0] ?? "",
    include: [join(usr, "include"), ...query(["--cflags-only-I", "gnutls"]).map((f) => f.slice(2))],
    libraries: [
      `-L${directory}`,
      "-lngtcp2",
      "-lngtcp2_crypto_gnutls",
      ...query(["--libs", "gnutls"]),
    ],
  };
}

function describeMissing() {
  const found = query(["--modversion", "libngtcp2"])[0];
  const what = "libngtcp2 and its GnuTLS helper";
  return found === undefined
    ? `${what} (${MINIMUM_VERSION} or newer) are not installed`
    : `${what} must be ${MINIMUM_VERSION} or newer; ${found} is installed`;
}

function succeeds(command, args, environment = {}) {
  const env = { ...process.env, ...environment };
  return spawnSync(command, args, { stdio: "ignore", env }).status === 0;
}

function query(args, environment = {}) {
  const env = { ...process.env, ...environment };
  const { status, stdout } = spawnSync("pkg-config", args, { encoding: "utf8", env });
  return status === 0 ? stdout.split(/\s+/).filter((word) => word !== "") : [];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = findNativeLibrary();
  if ("missing" in found) {
    process.stderr.write(`${found.missing}\n`);
    process.exitCode = 1;
  } else {
    const wanted = process.argv[2];
    const words = wanted === undefined ? [found.version] : (found[wanted] ?? []);
    process.stdout.write(`${words.join("\n")}\n`);
  }
}
