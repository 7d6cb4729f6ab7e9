// Runs test files, a process each, two at a time: node --import tsx test/run.mjs [FILE | FOLDER ...]
// Node 20's --test takes no globs and its reporters do not name what was skipped, hence this program.

import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { run } from "node:test";
import { fileURLToPath } from "node:url";
import { plainEvent, Tally } from "./tally.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONCURRENCY = 2;
/** A file that takes longer hangs. */
const FILE_TIMEOUT_MS = 10 * 60 * 1000;
/**
 * What runs a second time over QUIC: what a client does with a server. Not there is what is about TCP
 * itself (transports, protocol-tampering, multichannel, whose relay cuts TCP), QUIC already, a comparison over TCP (smbclient-compat), or
 * what the program loads (start-up).
 */
const OVER_QUIC = new Set([
  "test/integration/cli.test.ts",
  "test/integration/oneshot.test.ts",
  "test/integration/protocol-credits.test.ts",
  "test/integration/protocol-failure.test.ts",
  "test/integration/protocol-logon.test.ts",
  "test/integration/protocol-matrix.test.ts",
  "test/integration/protocol-waiting.test.ts",
  "test/integration/terminal-shell.test.ts",
  "test/integration/transfer.test.ts",
  "test/scenarios/run.test.ts",
]);

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
let way = "";
const tally = new Tally((file) => `${relative(ROOT, file)}${way}`);
tally.passed = Number(told("passed") ?? 0);
tally.failed = Number(told("failed") ?? 0);
if (told("skipped") !== undefined) tally.skipped.push(told("skipped"));

await runAll(files);
const again = files.filter((file) => OVER_QUIC.has(relative(ROOT, file)));
if (again.length > 0) await runOverQuic(again);
process.exitCode = tally.report();

/** Runs the tests whose servers then stand behind QUIC (test/support/wire.ts) once more. */
async function runOverQuic(again) {
  const { unavailable } = await import("ngtcp2-napi");
  const reason = unavailable();
  if (reason !== undefined) {
    tally.skipped.push(...again.map((file) => `${relative(ROOT, file)} over QUIC (${reason})`));
    return;
  }
  process.env.SMBX_TEST_WIRE = "quic";
  way = " over QUIC";
  await runAll(again);
}

async function runAll(some) {
  const results = run({ files: some, concurrency: CONCURRENCY, timeout: FILE_TIMEOUT_MS });
  results.on("test:start", (data) => tally.start(plainEvent(data)));
  results.on("test:pass", (data) => tally.end(plainEvent(data), true));
  results.on("test:fail", (data) => tally.end(plainEvent(data), false));
  results.on("test:stdout", ({ message }) => process.stdout.write(message));
  results.on("test:stderr", ({ message }) => process.stderr.write(message));
  results.resume();
  await once(results, "end");
  tally.leaveFile();
}
