// Gets what the addon is compiled with, where it is missing and where this may be done:
//   Debian 13+  libngtcp2 and the compiler by apt-get install
//   Debian 12   the compiler by apt-get install; libngtcp2 from bookworm-backports, unpacked into
//               .deps of this package. The suite is named to apt by a private configuration only:
//               the machine's own sources stay as they are.
// apt-get install needs root, or a sudo that asks for no password; otherwise the command is told.

import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasProgram, localHeaders } from "../../addon-build/build-tools.mjs";
import { findGnutls, findNativeLibrary } from "./native-library.mjs";

const PREFIX = fileURLToPath(new URL("../.deps", import.meta.url));
const DEVELOPMENT = ["libngtcp2-dev", "libngtcp2-crypto-gnutls-dev"];
/** What must be on the PATH, and Debian's packages. */
const PROGRAMS = {
  "g++": "g++",
  make: "make",
  python3: "python3",
  "pkg-config": "pkg-config",
};
/** Nothing that is fetched here takes so long where the network works. */
const LIMIT_MS = 10 * 60 * 1000;
/** Hosts that do not answer are given up earlier than by default, and asked once. */
const NETWORK = ["Acquire::http::Timeout=30", "Acquire::https::Timeout=30", "Acquire::Retries=0"];

const INSTALL = `
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y -q --no-install-recommends "$@"; }
install "$@" || { apt-get update -q && install "$@"; }
`;

/**
 * Makes everything available that the addon is compiled with. `install` gets Debian packages and
 * answers what stands in the way, if anything does; `step` runs what takes long.
 *
 * @param {{
 *   install?: (packages: string[]) => string | undefined,
 *   step?: (what: string, run: () => void) => void,
 * }} hooks
 * @returns {string | undefined} what stands in the way, with the command to run where there is one
 */
export function fetchNativeLibrary({ install = installPackages, step = (_, run) => run() } = {}) {
  if (process.platform !== "linux") return "ngtcp2-napi runs on Linux only";
  const packages = missingPackages();
  if (packages.length > 0) {
    if (!existsSync("/usr/bin/apt-get")) return withoutApt();
    const problem = install(packages);
    if (problem !== undefined) return problem;
  }
  if ("missing" in findNativeLibrary() && codename() === "bookworm") {
    let problem;
    step("fetching libngtcp2 from bookworm-backports", () => {
      problem = unpackFromBackports();
    });
    if (problem !== undefined) return problem;
  }
  const found = findNativeLibrary();
  return "missing" in found ? found.missing : undefined;
}

/** The Debian packages that are missing here. */
function missingPackages() {
  const names = Object.keys(PROGRAMS)
    .filter((program) => !hasProgram(program))
    .map((program) => PROGRAMS[program]);
  if (!findGnutls()) names.push("libgnutls28-dev");
  if (localHeaders() === undefined && isDebiansNode()) names.push("libnode-dev");
  if ("missing" in findNativeLibrary() && codename() !== "bookworm") names.push(...DEVELOPMENT);
  return names;
}

function withoutApt() {
  const missing = Object.keys(PROGRAMS).filter((program) => !hasProgram(program));
  if (missing.length > 0) return `these programs are missing: ${missing.join(", ")}`;
  const found = findNativeLibrary();
  return "missing" in found ? found.missing : undefined;
}

/** Whether this is Debian's own Node, whose headers are in a package of their own. */
function isDebiansNode() {
  if (process.execPath !== "/usr/bin/node") return false;
  const { status, stdout } = spawnSync("dpkg", ["-S", process.execPath], { encoding: "utf8" });
  if (status !== 0 || !stdout.startsWith("nodejs:")) return false;
  return spawnSync("apt-cache", ["show", "libnode-dev"], { stdio: "ignore" }).status === 0;
}

function installPackages(names) {
  const manual = `apt-get install --no-install-recommends ${names.join(" ")}`;
  const becomeRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const [command, ...args] = [...becomeRoot, "/bin/sh", "-c", INSTALL, "install", ...names];
  const { status } = spawnSync(command, args, { stdio: "ignore", timeout: LIMIT_MS });
  return status === 0 ? undefined : `please run: sudo ${manual}`;
}

/** Downloads the packages of bookworm-backports and unpacks them; needs no root. */
function unpackFromBackports() {
  const work = mkdtempSync(join(tmpdir(), "ngtcp2-"));
  try {
    for (const folder of ["sources", "lists/partial", "cache/archives/partial", "debs"])
      mkdirSync(join(work, folder), { recursive: true });
    writeFileSync(join(work, "sources", "backports.sources"), backportsSource());
    const settings = [
      "Dir::Etc::SourceList=/dev/null",
      `Dir::Etc::SourceParts=${join(work, "sources")}`,
      `Dir::State::Lists=${join(work, "lists")}`,
      `Dir::Cache=${join(work, "cache")}`,
      "APT::Sandbox::User=",
      "Acquire::Languages=none",
      ...NETWORK,
    ];
    const options = settings.flatMap((setting) => ["-o", setting]);
    const apt = (args) => run("apt-get", [...options, ...args], join(work, "debs"));
    apt(["-q", "update"]);
    apt(["-q", "download", ...DEVELOPMENT, ...runtimePackages(options)]);
    rmSync(PREFIX, { recursive: true, force: true });
    mkdirSync(PREFIX, { recursive: true });
    for (const deb of readdirSync(join(work, "debs")).filter((name) => name.endsWith(".deb")))
      run("dpkg-deb", ["-x", join(work, "debs", deb), PREFIX], work);
    // The addon looks for its libraries in .deps/lib, whatever the architecture is.
    const architecture = readdirSync(join(PREFIX, "usr", "lib")).find((name) =>
      name.includes("linux"),
    );
    symlinkSync(join("usr", "lib", architecture ?? ""), join(PREFIX, "lib"));
    return undefined;
  } catch (error) {
    return `libngtcp2 could not be fetched from bookworm-backports: ${error.message}`;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The shared libraries that the development packages belong to: their names carry a number. */
function runtimePackages(options) {
  const depends = [...options, "depends", "--no-recommends", ...DEVELOPMENT];
  const { stdout } = spawnSync("apt-cache", depends, { encoding: "utf8" });
  const names = [...stdout.matchAll(/Depends: (libngtcp2\S+)/g)].map((match) => match[1]);
  return [...new Set(names)].filter((name) => !DEVELOPMENT.includes(name));
}

/** The backports of the mirror that the machine's own sources name. */
function backportsSource() {
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  return `Types: deb\nURIs: ${mirror()}\nSuites: bookworm-backports\nComponents: main\nSigned-By: ${keyring}\n`;
}

function mirror() {
  const parts = "/etc/apt/sources.list.d";
  const files = [
    "/etc/apt/sources.list",
    ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : []),
  ].filter((path) => existsSync(path));
  for (const path of files) {
    for (const stanza of readFileSync(path, "utf8").split(/\n\s*\n/)) {
      const address =
        /^URIs:\s*(\S+)/m.exec(stanza)?.[1] ??
        /^deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+bookworm\s/m.exec(stanza)?.[1];
      const isMain = /\bbookworm\b(?!-security)/.test(stanza);
      if (address !== undefined && isMain && !address.includes("security")) return address;
    }
  }
  throw new Error("no Debian mirror is named in the sources of apt");
}

function codename() {
  const text = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return /^VERSION_CODENAME=(\S+)/m.exec(text)?.[1];
}

function run(command, args, cwd) {
  const options = { cwd, encoding: "utf8", timeout: LIMIT_MS };
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (status === 0) return;
  throw new Error(error?.message ?? `${stdout}${stderr}`.trim().split("\n").slice(-3).join("; "));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = fetchNativeLibrary();
  if (problem !== undefined) process.stderr.write(`ngtcp2-napi: ${problem}\n`);
  process.exitCode = problem === undefined ? 0 : 1;
}
