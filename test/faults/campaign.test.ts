import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { PATIENCE_MS } from "../support/patience.ts";
import { runProgram } from "../support/program.ts";
import { sambaUnavailable } from "../support/samba.ts";
import { JOB_KINDS } from "./job.ts";

const PROGRAM = fileURLToPath(new URL("run.ts", import.meta.url));
/** Two rounds for each kind of job. Always the same ones: `npm run test:faults` plays others. */
const ROUNDS = 2 * JOB_KINDS.length;
const SEED = 1;

function noProcesses(): string | undefined {
  return existsSync("/proc/self/stat") ? undefined : "it looks for smbd's processes in /proc";
}

it("jobs under faults lose nothing in silence", {
  skip: sambaUnavailable() ?? noProcesses() ?? false,
}, async () => {
  const options = ["--rounds", String(ROUNDS), "--seed", String(SEED), "--workers", "2"];
  const { status, stdout, stderr } = await runProgram(
    process.execPath,
    ["--import", "tsx", PROGRAM, ...options],
    { timeoutMs: 6 * PATIENCE_MS },
  );
  const skipped = stdout.match(/^Skipped: .*$/gm) ?? [];
  for (const line of skipped) console.log(line);
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, new RegExp(`^${ROUNDS} rounds well, 0 wrong$`, "m"));
});
