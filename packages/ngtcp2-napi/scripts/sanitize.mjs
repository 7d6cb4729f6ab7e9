// node scripts/sanitize.mjs [test files]
// Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer, runs the tests on it, and
// builds the ordinary one again. With --valgrind it runs the ordinary build under valgrind instead.

import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileAddon } from "./compile-addon.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const isValgrind = process.argv.includes("--valgrind");
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
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

function runValgrind() {
  const options = ["-q", "--error-exitcode=9", "--num-callers=30"];
  // Only what the addon does counts; V8's compiled code is not understood by valgrind.
  const node = [process.execPath, "--jitless", "--import", "tsx"];
  const programs = [join(root, "test", "programs", "exchange.ts")];
  return programs.map((file) => run("valgrind", [...options, ...node, file], process.env));
}

function run(command, args, env) {
  process.stdout.write(`== ${args.at(-1)}\n`);
  return spawnSync(command, args, { cwd: root, stdio: "inherit", env }).status ?? 1;
}

const results = isValgrind ? runValgrind() : runSanitized();
process.exitCode = results.every((status) => status === 0) ? 0 : 1;
