// Runs test files, a process each, two at a time: node --import tsx test/run.mjs [FILE | FOLDER ...]
// Node 20's --test takes no globs and its reporters do not name what was skipped, hence this program.

import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { plainEvent, Tally } from "./tally.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONCURRENCY = 2;
/** A file that takes longer hangs. */
const FILE_TIMEOUT_MS = 10 * 60 * 1000;

function testFiles(places) {
  const files = [];
  for (const given of places) {
    if (!existsSync(given)) throw new Error(`There is no test file or folder ${given}`);
    if (!statSync(given).isDirectory()) files.push(given);
    else {
      const found = readdirSync(given, { recursive: true }).filter((name) =>
        name.endsWith(".test.ts"),
      );
      files.push(...found.sort().map((name) => join(given, name)));
    }
  }
  return files;
}

/** What bin/test.mjs says of what ran, or did not, before the tests. */
function told(name) {
  const found = process.argv.find((argument) => argument.startsWith(`--${name}=`));
  return found?.slice(name.length + 3);
}

const given = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const packages = readdirSync(join(ROOT, "packages")).map((name) => join(ROOT, "packages", name));
const everything = [ROOT, ...packages]
  .map((folder) => join(folder, "test"))
  .filter((folder) => existsSync(folder));
const files = testFiles(given.length > 0 ? given : everything);
const tally = new Tally((file) => relative(ROOT, file));
tally.passed = Number(told("passed") ?? 0);
tally.failed = Number(told("failed") ?? 0);
if (told("skipped") !== undefined) tally.skipped.push(told("skipped"));

const results = run({ files, concurrency: CONCURRENCY, timeout: FILE_TIMEOUT_MS });
results.on("test:start", (data) => tally.start(plainEvent(data)));
results.on("test:pass", (data) => tally.end(plainEvent(data), true));
results.on("test:fail", (data) => tally.end(plainEvent(data), false));
results.on("test:stdout", ({ message }) => process.stdout.write(message));
results.on("test:stderr", ({ message }) => process.stderr.write(message));
results.on("end", () => {
  process.exitCode = tally.report();
});
results.resume();
