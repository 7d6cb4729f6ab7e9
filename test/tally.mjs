// What happened in test files, whoever ran them: one line per file; failures in full and skipped tests
// with their reasons at the end; then exactly "N passed, N failed", with ", N skipped" where something was.

import { inspect } from "node:util";

/** An event of `run()` of node:test as plain data, which can be sent from another machine. */
export function plainEvent({ file, line, nesting, name, skip, details }) {
  const { type, duration_ms: durationMs, error } = details ?? {};
  const failure = error && {
    type: error.failureType,
    text: inspect(error.cause ?? error, { depth: 6 }),
  };
  return { file, line, nesting, name, skip, type, durationMs, failure };
}

/** Counts and tells; what was counted elsewhere comes in by `passed` and `failed`. */
export class Tally {
  passed = 0;
  failed = 0;
  failures = [];
  skipped = [];
  #place;
  #path = [];
  #file = { name: undefined, passed: 0, failed: 0, skipped: 0, durationMs: 0 };

  /** @param {(file: string) => string} place names a test file for people */
  constructor(place) {
    this.#place = (file) => (file === undefined ? "?" : place(file));
  }

  start({ nesting, name }) {
    this.#path[nesting] = name;
  }

  end({ file, line, nesting, name, skip, type, durationMs, failure }, isPass) {
    this.#enterFile(file);
    if (nesting === 0) this.#file.durationMs += durationMs;
    const title = [...this.#path.slice(0, nesting), name].join(" > ");
    if (skip !== undefined) {
      this.#file.skipped += 1;
      this.skipped.push(`${this.#place(file)}: ${title} (${skip === true ? "no reason" : skip})`);
    } else if (!isPass && failure?.type !== "subtestsFailed") {
      this.#file.failed += 1;
      this.failed += 1;
      const where = `${this.#place(file)}:${line ?? 1}`;
      this.failures.push(`${where}: ${title}\n${indent(failure?.text ?? "no reason")}`);
    } else if (isPass && type !== "suite") {
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
    console.log(`${this.#place(name)}: ${counts.join(", ")} (${(durationMs / 1000).toFixed(1)} s)`);
    this.#file = { name: undefined, passed: 0, failed: 0, skipped: 0, durationMs: 0 };
  }

  /** Prints what stands at the end. Returns the exit status. */
  report() {
    this.leaveFile();
    if (this.failures.length > 0) console.log(`\nFailed:\n\n${this.failures.join("\n\n")}`);
    if (this.skipped.length > 0) console.log(`\nSkipped:\n${this.skipped.join("\n")}`);
    const skipped = this.skipped.length > 0 ? `, ${this.skipped.length} skipped` : "";
    console.log(`\n${this.passed} passed, ${this.failed} failed${skipped}`);
    return this.failed > 0 ? 1 : 0;
  }
}

function indent(text) {
  return text.replaceAll(/^/gm, "    ");
}
