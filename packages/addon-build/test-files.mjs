// The tests of an addon's package, as they are and on an addon that is watched.

import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/**
 * The test files that were asked for, or all of the package.
 *
 * @param {string} folder the package
 * @param {string[]} wanted
 */
export function testFiles(folder, wanted) {
  if (wanted.length > 0) return wanted;
  const tests = join(folder, "test");
  const names = readdirSync(tests).filter((name) => name.endsWith(".test.ts"));
  return names.map((name) => join(tests, name));
}

/** Runs a program where its output is seen: its exit status. */
export function run(command, args, { cwd, env = process.env }) {
  return spawnSync(command, args, { cwd, env, stdio: "inherit" }).status ?? 1;
}

/**
 * Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer, runs each file on it, and
 * builds the ordinary one again.
 *
 * @param {string} folder the package
 * @param {string[]} files
 * @param {(options?: { sanitize?: boolean }) => string | undefined} compileAddon
 * @returns {boolean} whether all went well
 */
export function runSanitized(folder, files, compileAddon) {
  const problem = compileAddon({ sanitize: true });
  if (problem !== undefined) throw new Error(problem);
  const library = execFileSync("gcc", ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim();
  const env = {
    ...process.env,
    LD_PRELOAD: library,
    // V8 frees nothing at exit: leaks are the business of scripts/leak.mjs.
    ASAN_OPTIONS: "detect_leaks=0:halt_on_error=1:abort_on_error=1",
    UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
  };
  try {
    const statuses = files.map((file) => {
      process.stdout.write(`== ${file}\n`);
      return run(process.execPath, ["--import", "tsx", "--test", file], { cwd: folder, env });
    });
    return statuses.every((status) => status === 0);
  } finally {
    compileAddon();
  }
}
