// The bundle as V8 has compiled it, kept beside the bundle: compiling takes longer than listing a
// directory. Who can write there can write the program itself, so the compiled code needs no more
// trust than the source. The build writes it, and so does the first run by another Node that may;
// where it may not, the bundle is compiled in every run, as any other program is.
"use strict";

const fs = require("node:fs");
const { wrap } = require("node:module");
const { basename, dirname, join } = require("node:path");
const { Script } = require("node:vm");

/** A bundle begins with `// ` and so many characters that are different in any other bundle. */
const ID_LENGTH = 16;

/**
 * The function that a CommonJS module is. It has no `import()`.
 *
 * @param {string} bundle path of the module
 * @returns {(exports: object, require: Function, module: object, path: string, directory: string) => void}
 */
function loadCompiled(bundle) {
  const source = fs.readFileSync(bundle, "utf8");
  const path = compiledPath(bundle, source);
  const cachedData = read(path);
  // What V8 does not take, because its options are other ones or the file is damaged, it compiles.
  const script =
    cachedData === undefined
      ? compile(path, bundle, source)
      : new Script(wrap(source), { filename: bundle, cachedData });
  return script.runInThisContext();
}

function compiledPath(bundle, source) {
  return `${bundle}.${idOf(source)}-${process.version}-${process.arch}.bin`;
}

function idOf(source) {
  return source.slice(3, 3 + ID_LENGTH);
}

function read(path) {
  try {
    return fs.readFileSync(path);
  } catch {
    return undefined;
  }
}

function compile(path, bundle, source) {
  const options = { filename: bundle };
  if (!isWritable(dirname(path))) return new Script(wrap(source), options);
  const { setFlagsFromString } = require("node:v8");
  // Every function, whether it will run or not: what is left out would be compiled in every run.
  setFlagsFromString("--no-lazy");
  const script = new Script(wrap(source), options);
  setFlagsFromString("--lazy");
  try {
    write(path, script.createCachedData());
    removeOld(bundle, source);
  } catch {
    // The disk is full, or somebody was faster: the next run may try.
  }
  return script;
}

function isWritable(directory) {
  try {
    fs.accessSync(directory, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** In one step: nobody reads half a file. */
function write(path, data) {
  const temporary = `${path}.${process.pid}`;
  try {
    fs.writeFileSync(temporary, data, { mode: 0o644, flush: true });
    fs.renameSync(temporary, path);
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw error;
  }
}

/** What earlier bundles have left. */
function removeOld(bundle, source) {
  const own = `${basename(bundle)}.${idOf(source)}`;
  for (const name of fs.readdirSync(dirname(bundle))) {
    const isCompiled = name.startsWith(`${basename(bundle)}.`) && name.includes(".bin");
    if (isCompiled && !name.startsWith(own)) fs.rmSync(join(dirname(bundle), name));
  }
}

module.exports = { ID_LENGTH, loadCompiled };
