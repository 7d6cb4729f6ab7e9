// node scripts/sanitize.mjs [test files]
// Runs the tests on an addon with AddressSanitizer and UndefinedBehaviorSanitizer. With --valgrind it
// runs a program on the ordinary build under valgrind instead.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run, runSanitized, testFiles } from "../../addon-build/test-files.mjs";
import { compileAddon } from "./compile-addon.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const isValgrind = process.argv.includes("--valgrind");
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));

function runValgrind() {
  const options = ["-q", "--error-exitcode=9", "--num-callers=30"];
  // Only what the addon does counts; V8's compiled code is not understood by valgrind.
  const node = [process.execPath, "--jitless", "--import", "tsx"];
  const program = join(root, "test", "programs", "exchange.ts");
  return run("valgrind", [...options, ...node, program], { cwd: root }) === 0;
}

const isGood = isValgrind
  ? runValgrind()
  : runSanitized(root, testFiles(root, wanted), compileAddon);
process.exitCode = isGood ? 0 : 1;
