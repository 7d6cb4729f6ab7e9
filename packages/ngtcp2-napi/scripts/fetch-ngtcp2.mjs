// Gets libngtcp2 where the system has none that is new enough:
//   Debian 12   from bookworm-backports, unpacked into .deps of this package. The suite is named to
//               apt by a private configuration only: the machine's own sources stay as they are.
//   Debian 13+  apt-get install, which needs root; without it the command is printed.

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
import { findNativeLibrary } from "./native-library.mjs";

const PREFIX = fileURLToPath(new URL("../.deps", import.meta.url));
const DEVELOPMENT = ["libngtcp2-dev", "libngtcp2-crypto-gnutls-dev"];
const TOOLS = ["g++", "make", "python3", "pkg-config", "libgnutls28-dev"];

/**
 * Makes libngtcp2 available.
 *
 * @returns {string | undefined} what stands in the way, with the command to run where there is one
 */
export function fetchNativeLibrary() {
  if (!("missing" in findNativeLibrary())) return undefined;
  if (!existsSync("/usr/bin/apt-get"))
    return "only Debian's packages are known here: install libngtcp2";
  const tools = missingTools();
  if (tools.length > 0) {
    const problem = installPackages(tools);
    if (problem !== undefined) return problem;
  }
  const problem = codename() === "bookworm" ? unpackFromBackports() : installPackages(DEVELOPMENT);
  if (problem !== undefined) return problem;
  const found = findNativeLibrary();
  return "missing" in found ? found.missing : undefined;
}

function missingTools() {
  const isInstalled = (name) => spawnSync("dpkg", ["-s", name], { stdio: "ignore" }).status === 0;
  return TOOLS.filter(
    (name) => !isInstalled(name) && !(name === "pkg-config" && isInstalled("pkgconf")),
  );
}

function installPackages(names) {
  const manual = `apt-get install --no-install-recommends ${names.join(" ")}`;
  const prefix = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const [command, ...args] = [
    ...prefix,
    "apt-get",
    "install",
    "-y",
    "-q",
    "--no-install-recommends",
  ];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const { status } = spawnSync(command, [...args, ...names], { stdio: "ignore", env });
  return status === 0 ? undefined : `please run: sudo ${manual}`;
}

/** Downloads the packages of bookworm-backports and unpacks them; needs no root. */
function unpackFromBackports() {
  const work = mkdtempSync(join(tmpdir(), "ngtcp2-"));
  try {
    for (const folder of ["sources", "lists/partial", "cache/archives/partial", "debs"])
      mkdirSync(join(work, folder), { recursive: true });
    writeFileSync(join(work, "sources", "backports.sources"), backportsSource());
    const options = [
      ["Dir::Etc::SourceList", "/dev/null"],
      ["Dir::Etc::SourceParts", join(work, "sources")],
      ["Dir::State::Lists", join(work, "lists")],
      ["Dir::Cache", join(work, "cache")],
      ["APT::Sandbox::User", ""],
      ["Acquire::Languages", "none"],
    ].flatMap(([name, value]) => ["-o", `${name}=${value}`]);
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
  const { stdout } = spawnSync(
    "apt-cache",
    [...options, "depends", "--no-recommends", ...DEVELOPMENT],
    {
      encoding: "utf8",
    },
  );
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
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status === 0) return;
  throw new Error(error?.message ?? `${stdout}${stderr}`.trim().split("\n").slice(-3).join("; "));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problem = fetchNativeLibrary();
  if (problem !== undefined) process.stderr.write(`ngtcp2-napi: ${problem}\n`);
  process.exitCode = problem === undefined ? 0 : 1;
}
