// What compiling needs, wherever this machine has it. Looks at files only, so that it may be asked
// at every start.

import { accessSync, constants, existsSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";

/** Where a program on the PATH lies, or undefined. */
export function findProgram(name) {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((part) => part !== "");
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Whether a program is on the PATH. */
export function hasProgram(name) {
  return findProgram(name) !== undefined;
}

/**
 * The prefix under which the headers of this very Node lie, or undefined. With it nothing has to be
 * downloaded.
 */
export function localHeaders() {
  const told = process.env["npm_config_nodedir"];
  if (told !== undefined && told !== "") return told;
  const prefix = join(process.execPath, "../..");
  return existsSync(join(prefix, "include/node/node_api.h")) ? prefix : undefined;
}

/** npm has a node-gyp of its own, of which it tells its scripts; Debian has it in a package. */
export function findNodeGyp() {
  const npm = findProgram("npm");
  const places = [
    process.env["npm_config_node_gyp"],
    resolved("node-gyp/bin/node-gyp.js"),
    npm && join(realpathSync(npm), "../../node_modules/node-gyp/bin/node-gyp.js"),
    "/usr/share/nodejs/node-gyp/bin/node-gyp.js",
    findProgram("node-gyp"),
  ];
  const found = places.find((place) => place !== undefined && existsSync(place));
  return found === undefined ? undefined : realpathSync(found);
}

function resolved(name) {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    return undefined;
  }
}
