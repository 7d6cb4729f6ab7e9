// The second half of `npm run build`: joins what tsc made of src/cli into one file, since Node takes
// longer to find and compile 230 of them than the program takes to list a directory.
// docs/decisions/0003-one-file-start-up.md has the reasons and the numbers.

import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ID_LENGTH, loadCompiled } from "./compiled.cjs";

const CLI = fileURLToPath(new URL("../dist/cli", import.meta.url));
const BUNDLE = fileURLToPath(new URL("../dist/bundle/smbx.cjs", import.meta.url));
const ID_PLACE = "0".repeat(ID_LENGTH);

const { outputFiles } = await build({
  entryPoints: [join(CLI, "main.js")],
  outfile: BUNDLE,
  write: false,
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20.19",
  // Ink is made of ES modules that cannot be required: what draws with it stays what it is.
  external: [join(CLI, "shell", "terminal", "prompt.js"), "cli-progress"],
  define: { "import.meta.filename": "__filename" },
  banner: { js: `// ${ID_PLACE}` },
  // A third less to read in every run; names, and so stack traces, stay.
  minifyWhitespace: true,
  lineLimit: 160,
  legalComments: "none",
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
});

mkdirSync(dirname(BUNDLE), { recursive: true });
for (const { path, text } of outputFiles) {
  const id = createHash("sha256").update(text).digest("hex").slice(0, ID_LENGTH);
  // Another run may be reading the old one.
  writeFileSync(`${path}.new`, text.replace(ID_PLACE, id));
  renameSync(`${path}.new`, path);
}
loadCompiled(BUNDLE);
