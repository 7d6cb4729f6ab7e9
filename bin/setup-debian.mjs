// Installs missing Debian packages: as root, or with a sudo that asks for no password.

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Daemons are seldom on the PATH of an ordinary user. */
const DAEMON_DIRECTORIES = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/local/samba/sbin"];

// Debian starts a freshly installed daemon and opens its ports. Nobody asked for that here: the
// policy file, if the machine has none of its own, forbids it for the time of the installation.
// Package lists may be missing or too old; then they are fetched and the installation is repeated.
const INSTALL = `
set -e
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >"$policy"
  chmod 755 "$policy"
fi
install() { apt-get install -y -q --no-install-recommends "$@"; }
install "$@" || { apt-get update -q && install "$@"; }
`;

/**
 * Installs the packages of those programs that are missing.
 *
 * @param {Record<string, string>} programs program → Debian package
 * @param {(what: string, run: () => void) => void} step announces and runs a step
 * @returns {string | undefined} what the user must do, where this cannot be done here
 */
export function installDebianPackages(programs, step) {
  const missing = Object.keys(programs).filter((program) => !isInstalled(program));
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing.map((program) => programs[program]))];
  const manual = commandFor(packages);
  if (!existsSync("/usr/bin/apt-get")) {
    return `These programs are missing: ${missing.join(", ")}.\nInstall them with your system's package manager (on Debian: ${manual}).`;
  }
  const becomeRoot = rootCommand();
  if (becomeRoot === undefined) {
    return `These programs are missing: ${missing.join(", ")}. Please run this, then try again:\n\n  sudo ${manual}\n`;
  }
  const { status, output } = aptInstall(becomeRoot, packages, step);
  if (status === 0 && missing.every(isInstalled)) return undefined;
  const end = output.split("\n").slice(-15).join("\n");
  return `apt-get failed:\n${end}\n\nPlease run this yourself, then try again:\n\n  sudo ${manual}\n`;
}

/**
 * Installs packages that something optional needs.
 *
 * @param {string[]} packages
 * @param {(what: string, run: () => void) => void} step announces and runs a step
 * @returns {string | undefined} what the user may do, in one line, where this cannot be done here
 */
export function installPackages(packages, step) {
  const manual = `sudo ${commandFor(packages)}`;
  const becomeRoot = rootCommand();
  if (becomeRoot === undefined) return `please run: ${manual}`;
  const { status } = aptInstall(becomeRoot, packages, step);
  return status === 0 ? undefined : `apt-get failed; to see why, run: ${manual}`;
}

function commandFor(packages) {
  return `apt-get install --no-install-recommends ${packages.join(" ")}`;
}

function aptInstall(becomeRoot, packages, step) {
  let result = { status: 1, output: "" };
  step(`installing Debian packages (${packages.join(" ")})`, () => {
    result = install(becomeRoot, packages);
  });
  return result;
}

/**
 * Installs a package that tests can do without, where this Debian has it; a failure is no problem.
 *
 * @param {string} name
 * @param {(what: string, run: () => void) => void} step announces and runs a step
 */
export function installOptionalPackage(name, step) {
  const { stdout } = spawnSync("apt-cache", ["policy", name], { encoding: "utf8" });
  const becomeRoot = /Candidate: \d/.test(stdout ?? "") ? rootCommand() : undefined;
  if (becomeRoot !== undefined) step(`installing ${name}`, () => install(becomeRoot, [name]));
}

function install(becomeRoot, packages) {
  const [command, ...args] = [...becomeRoot, "/bin/sh", "-c", INSTALL, "install", ...packages];
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { status, output: `${stdout}${stderr}`.trimEnd() };
}

/** What to put before a command so that it runs as root; undefined where that needs a password. */
function rootCommand() {
  if (process.getuid?.() === 0) return [];
  const { status } = spawnSync("sudo", ["-n", "true"], { stdio: "ignore" });
  return status === 0 ? ["sudo", "-n"] : undefined;
}

function isInstalled(program) {
  const searched = (process.env.PATH ?? "").split(delimiter).filter((part) => part !== "");
  return [...searched, ...DAEMON_DIRECTORIES].some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
