// node scripts/sanitize.mjs [test files]
// Runs the tests on an addon with AddressSanitizer and UndefinedBehaviorSanitizer.

import { fileURLToPath } from "node:url";
import { runSanitized, testFiles } from "../../addon-build/test-files.mjs";
import { compileAddon } from "./compile-addon.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = testFiles(root, process.argv.slice(2));
process.exitCode = runSanitized(root, files, compileAddon) ? 0 : 1;
