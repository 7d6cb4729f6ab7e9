// Runs bundled suites inside the guest, one after the other: node in-guest.mjs FILE ...
// Each event goes to standard output as one line of JSON behind a record separator; run.mjs, on the
// host, counts them. Plain JavaScript, because the guest should start no compiler.

import { run } from "node:test";
import { plainEvent } from "../tally.mjs";

const SEPARATOR = "\u001e";
/** A suite that takes longer hangs; emulated processors need a while. */
const FILE_TIMEOUT_MS = 30 * 60 * 1000;

function tell(event) {
  process.stdout.write(`${SEPARATOR}${JSON.stringify(event)}\n`);
}

const wanted = process.env.SMBX_LAB_TESTS ?? "";
const results = run({
  files: process.argv.slice(2),
  concurrency: 1,
  timeout: FILE_TIMEOUT_MS,
  ...(wanted === "" ? {} : { testNamePatterns: new RegExp(wanted) }),
});
for (const kind of ["start", "pass", "fail"]) {
  results.on(`test:${kind}`, (data) => tell({ kind, ...plainEvent(data) }));
}
results.on("test:stdout", ({ message }) => process.stdout.write(message));
results.on("test:stderr", ({ message }) => process.stderr.write(message));
results.on("test:diagnostic", () => {});
results.on("end", () => tell({ kind: "end" }));
results.resume();
