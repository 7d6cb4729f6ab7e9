/** Writes so many KiB to standard output, as commands do that list something: run by a test. */
import { ProcessIo } from "../../src/cli/process-io.ts";

const [, , kib = "0", where] = process.argv;
const io = new ProcessIo({ messagesToStderr: false, asksOnStdout: false, onReaderGone: () => {} });
const write = (line: string): void => (where === "err" ? io.err(line) : io.out(line));

async function main(): Promise<void> {
  for (let count = 0; count < Number(kib); count += 1) {
    write(`${String(count).padEnd(1023)}\n`);
    if (count % 100 === 99) await io.drained();
  }
  await io.drained();
  await io.flush();
}

void main();
