// npm test: the tests of this package; without the addon they are skipped with the reason.

import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../test", import.meta.url));
const wanted = process.argv.slice(2);
const files =
  wanted.length > 0
    ? wanted
    : readdirSync(folder)
        .filter((name) => name.endsWith(".test.ts"))
        .map((name) => join(folder, name));
const { status } = spawnSync(process.execPath, ["--import", "tsx", "--test", ...files], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
