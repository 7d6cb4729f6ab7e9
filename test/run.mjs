// Runs test files, a process each, two at a time: node --import tsx test/run.mjs [FILE | FOLDER ...]
// One line per file; failures in full and skipped tests with their reasons at the end; then
// exactly "N passed, N failed", with ", N skipped" where something was. Node 20's --test takes no
// globs and its reporters do not name what was skipped, hence this program.

import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONCURRENCY = 2;
/** A file that takes longer hangs. */
const FILE_TIMEOUT_MS = 10 * 60 * 1000;

/** What happened so far; `checks` of bin/test.mjs are counted in by --passed=N and --failed=N. */
class Tally {
  passed = 0;
  failed = 0;
  failures = [];
  skipped = [];
  #path = [];
  #file = { name: undefined, passed: 0, failed: 0, skipped: 0, durationMs: 0 };

  start({ nesting, name }) {
    this.#path[nesting] = name;
  }

  end(data, isPass) {
    this.#enterFile(data.file);
    const { nesting, name, skip, details } = data;
    if (nesting === 0) this.#file.durationMs += details.duration_ms;
    const title = [...this.#path.slice(0, nesting), name].join(" > ");
    if (skip !== undefined) {
      this.#file.skipped += 1;
      this.skipped.push(`${place(data.file)}: ${title} (${skip === true ? "no reason" : skip})`);
    } else if (!isPass && details.error?.failureType !== "subtestsFailed") {
      this.#file.failed += 1;
      this.failed += 1;
      const reason = inspect(details.error?.cause ?? details.error, { depth: 6 });
      this.failures.push(`${place(data.file)}:${data.line ?? 1}: ${title}\n${indent(reason)}`);
    } else if (isPass && details.type !== "suite") {
      this.#file.passed += 1;
      this.passed += 1;
    }
  }

  /** Results come file by file: a new name means that the last file is complete. */
  #enterFile(name) {
    if (name === this.#file.name) return;
    this.leaveFile();
    this.#file = { name, passed: 0, failed: 0, skipped: 0, durationMs: 0 };
  }

  leaveFile() {
    const { name, passed, failed, skipped, durationMs } = this.#file;
    // Tests that a shared module defines are counted under its name, and nothing is left here.
    if (name === undefined || passed + failed + skipped === 0) return;
    const counts = [`${passed} passed`];
    if (failed > 0) counts.push(`${failed} FAILED`);
    if (skipped > 0) counts.push(`${skipped} skipped`);
    console.log(`${place(name)}: ${counts.join(", ")} (${(durationMs / 1000).toFixed(1)} s)`);
  }
}

function place(file) {
  return file === undefined ? "?" : relative(ROOT, file);
}

function indent(text) {
  return text.replaceAll(/^/gm, "    ");
}

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

function counted(name) {
  const found = process.argv.find((argument) => argument.startsWith(`--${name}=`));
  return Number(found?.split("=")[1] ?? 0);
}

const given = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const files = testFiles(given.length > 0 ? given : [join(ROOT, "test")]);
const tally = new Tally();
tally.passed = counted("passed");
tally.failed = counted("failed");

const results = run({ files, concurrency: CONCURRENCY, timeout: FILE_TIMEOUT_MS });
results.on("test:start", (data) => tally.start(data));
results.on("test:pass", (data) => tally.end(data, true));
results.on("test:fail", (data) => tally.end(data, false));
results.on("test:stdout", ({ message }) => process.stdout.write(message));
results.on("test:stderr", ({ message }) => process.stderr.write(message));
results.on("end", () => {
  tally.leaveFile();
  if (tally.failures.length > 0) console.log(`\nFailed:\n\n${tally.failures.join("\n\n")}`);
  if (tally.skipped.length > 0) console.log(`\nSkipped:\n${tally.skipped.join("\n")}`);
  const skipped = tally.skipped.length > 0 ? `, ${tally.skipped.length} skipped` : "";
  console.log(`\n${tally.passed} passed, ${tally.failed} failed${skipped}`);
  process.exitCode = tally.failed > 0 ? 1 : 0;
});
results.resume();
