// The second half of `npm run build`: joins what tsc made of src/cli into one file, since Node takes
// longer to find and compile 230 of them than the program takes to list a directory.
// docs/decisions/0003-one-file-start-up.md has the reasons and the numbers.

import { createHash } from "node:crypto";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { ID_LENGTH, loadCompiled } from "./compiled.cjs";

const CLI = fileURLToPath(new URL("../dist/cli", import.meta.url));
const TERMINAL = join(CLI, "shell", "terminal");
const QUIC = fileURLToPath(new URL("../dist/transports/quic", import.meta.url));
const SMB_DIRECT = fileURLToPath(new URL("../dist/transports/smbdirect", import.meta.url));
const OUT = fileURLToPath(new URL("../dist/bundle", import.meta.url));
const BUNDLE = join(OUT, "smbx.cjs");
const ID_PLACE = "0".repeat(ID_LENGTH);

/**
 * Ink and the addons are ES modules, which only `import()` can load, and compiled code has none. So
 * what imports them is a file of its own, which Node itself loads: when a prompt appears, and when
 * QUIC or SMB Direct is dialled.
 */
const lateLoaders = {
  name: "late loaders",
  setup({ onResolve }) {
    onResolve(
      { filter: /\/(load-ink-view|import-addon|import-rdma-addon)\.js$/ },
      ({ kind, path }) =>
        kind === "entry-point"
          ? undefined
          : { path: `./${basename(path, ".js")}.cjs`, external: true },
    );
  },
};

const { outputFiles } = await build({
  entryPoints: [
    { in: join(CLI, "main.js"), out: "smbx" },
    { in: join(TERMINAL, "load-ink-view.js"), out: "load-ink-view" },
    { in: join(QUIC, "import-addon.js"), out: "import-addon" },
    { in: join(SMB_DIRECT, "import-rdma-addon.js"), out: "import-rdma-addon" },
  ],
  outdir: OUT,
  outExtension: { ".js": ".cjs" },
  write: false,
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node20.19",
  external: [join(TERMINAL, "prompt.js"), "cli-progress", "ngtcp2-napi", "rdma-verbs-napi"],
  plugins: [lateLoaders],
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

mkdirSync(OUT, { recursive: true });
for (const { path, text } of outputFiles) {
  const id = createHash("sha256").update(text).digest("hex").slice(0, ID_LENGTH);
  // Another run may be reading the old one.
  writeFileSync(`${path}.new`, text.replace(ID_PLACE, id));
  renameSync(`${path}.new`, path);
}
loadCompiled(BUNDLE);
