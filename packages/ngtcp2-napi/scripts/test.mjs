// npm test: the tests of this package; without the addon they are skipped with the reason.

import { fileURLToPath } from "node:url";
import { run, testFiles } from "../../addon-build/test-files.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = testFiles(root, process.argv.slice(2));
process.exitCode = run(process.execPath, ["--import", "tsx", "--test", ...files], { cwd: root });
