// node scripts/sanitize.mjs [test files]
// Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer, runs the tests on it, and

import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileAddon } from "./compile-addon.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = process.argv.slice(2);
const files =
  wanted.length > 0
    ? wanted
    : readdirSync(join(root, "test"))
        .filter((name) => name.endsWith(".test.ts"))
        .map((name) => join(root, "test", name));

function runSanitized() {
  const problem = compileAddon({ sanitize: true });
  if (problem !== undefined) throw new Error(problem);
  const library = execFileSync("gcc", ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim();
  const env = {
    ...process.env,
    LD_PRELOAD: library,
    // V8 frees nothing at exit: leaks are scripts/leak.mjs's business.
    ASAN_OPTIONS: "detect_leaks=0:halt_on_error=1:abort_on_error=1",
    UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
  };
  try {
    return files.map((file) => run(process.execPath, ["--import", "tsx", "--test", file], env));
  } finally {
    compileAddon();
  }
}

function run(command, args, env) {
  process.stdout.write(`== ${args.at(-1)}\n`);
  return spawnSync(command, args, { cwd: root, stdio: "inherit", env }).status ?? 1;
}

const results = runSanitized();
process.exitCode = results.every((status) => status === 0) ? 0 : 1;
