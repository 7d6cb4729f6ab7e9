// npm start               a private server with the shell on it; without a terminal, a tour
// npm start -- ARGUMENTS  smbx with these arguments

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { main, ROOT, setup } from "./setup.mjs";

const program = join(ROOT, "bin", "smbx.cjs");
const isPlainRun = process.argv.length > 2;

await main(async () => {
  setup({ programs: isPlainRun ? {} : { smbd: "samba", pdbedit: "samba" } });
  if (isPlainRun) {
    // The same process, so that signals, the terminal and the exit status are the program's own.
    process.argv[1] = program;
    await import(pathToFileURL(program).href);
    return process.exitCode ?? 0;
  }
  const { startEmbedded } = await import("../dist/cli/embedded/start.js");
  return startEmbedded(program);
});
