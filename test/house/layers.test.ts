import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A violation, where it is planted, and what must complain. */
interface Planted {
  readonly name: string;
  /** Files by path; each is all of its content. */
  readonly files: Readonly<Record<string, string>>;
  /** The rule of Biome that must name the file. */
  readonly rule: string;
}

const VIOLATIONS: readonly Planted[] = [
  {
    name: "core imports a transport",
    files: { "src/core/planted.ts": 'import "../transports/index.ts";\n' },
    rule: "noRestrictedImports",
  },
  {
    name: "core imports the command line",
    files: { "src/core/planted.ts": 'import "../cli/io.ts";\n' },
    rule: "noRestrictedImports",
  },
  {
    name: "core imports a module of Node",
    files: { "src/core/planted.ts": 'import "node:net";\n' },
    rule: "noNodejsModules",
  },
  {
    name: "crypto imports more of Node than node:crypto",
    files: { "src/core/crypto/planted.ts": 'import "node:fs";\n' },
    rule: "noRestrictedImports",
  },
  {
    name: "a transport imports the command line",
    files: { "src/transports/planted.ts": 'import "../cli/io.ts";\n' },
    rule: "noRestrictedImports",
  },
  {
    name: "a transport imports protocol state",
    files: { "src/transports/planted.ts": 'import "../core/connection/connection.ts";\n' },
    rule: "noRestrictedImports",
  },
  {
    name: "wire imports a message",
    files: { "src/core/wire/planted.ts": 'import "../smb2/header.ts";\n' },
    rule: "noRestrictedImports",
  },
  {
    name: "a message imports protocol state",
    files: { "src/core/smb2/planted.ts": 'import "../session/session.ts";\n' },
    rule: "noRestrictedImports",
  },
  {
    name: "a connection imports a session",
    files: { "src/core/connection/planted.ts": 'import "../session/session.ts";\n' },
    rule: "noRestrictedImports",
  },
  {
    name: "a session imports a share",
    files: { "src/core/session/planted.ts": 'import "../tree/tree.ts";\n' },
    rule: "noRestrictedImports",
  },
  {
    name: "two files import each other",
    files: {
      "src/cli/planted.ts": 'import "./planted-too.ts";\n',
      "src/cli/planted-too.ts": 'import "./planted.ts";\n',
    },
    rule: "noImportCycles",
  },
  {
    name: "a package is not declared",
    files: { "src/cli/planted.ts": 'import "left-pad";\n' },
    rule: "noUndeclaredDependencies",
  },
  {
    name: "an enum",
    files: { "src/core/planted.ts": "export enum Colour {\n  RED,\n}\n" },
    rule: "noEnum",
  },
  {
    name: "a default export",
    files: { "src/core/planted.ts": "export default 1;\n" },
    rule: "noDefaultExport",
  },
  {
    name: "everything re-exported",
    files: { "src/core/planted.ts": 'export * from "./errors.ts";\n' },
    rule: "noReExportAll",
  },
  {
    name: "a camel-case file name",
    files: { "src/core/plantedFile.ts": "export const planted = 1;\n" },
    rule: "useFilenamingConvention",
  },
  {
    name: "a file of 450 lines",
    files: { "src/core/planted.ts": `${"export {};\n".repeat(450)}` },
    rule: "noExcessiveLinesPerFile",
  },
  {
    name: "a function that nobody can follow",
    files: {
      "src/core/planted.ts": `export function planted(n: number): number {\n${"if (n > 1) {\n".repeat(9)}return 1;\n${"}\n".repeat(9)}return n;\n}\n`,
    },
    rule: "noExcessiveCognitiveComplexity",
  },
  {
    name: "a promise that nobody waits for",
    files: {
      "src/core/planted.ts":
        "async function work(): Promise<void> {}\nexport function planted(): void {\n  work();\n}\n",
    },
    rule: "noFloatingPromises",
  },
  {
    name: "console in a library",
    files: { "src/core/planted.ts": 'console.log("planted");\n' },
    rule: "noConsole",
  },
];

describe("the layers", () => {
  let copy: string;

  before(() => {
    copy = mkdtempSync(join(tmpdir(), "smbx-house-"));
    for (const name of [
      "src",
      "package.json",
      "tsconfig.json",
      "tsconfig.base.json",
      "biome.json",
    ]) {
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
    // Biome reads the ignore file of the repository that it is in.
    writeFileSync(join(copy, ".gitignore"), "node_modules\ndist\n");
    mkdirSync(join(copy, ".git"));
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  function plant(files: Planted["files"]): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      writeFileSync(join(copy, path), text);
    }
  }

  function uproot(files: Planted["files"]): void {
    for (const path of Object.keys(files)) rmSync(join(copy, path));
  }

  function run(program: string, ...args: string[]): { status: number | null; output: string } {
    const path = join(ROOT, "node_modules", ".bin", program);
    const { status, stdout, stderr } = spawnSync(path, args, { cwd: copy, encoding: "utf8" });
    return { status, output: `${stdout}${stderr}` };
  }

  it("are clean as they are", () => {
    const { status, output } = run("biome", "lint", "src");
    assert.equal(status, 0, output);
  });

  for (const { name, files, rule } of VIOLATIONS) {
    it(`Biome refuses: ${name}`, () => {
      plant(files);
      try {
        const { status, output } = run("biome", "lint", ...Object.keys(files));
        assert.notEqual(status, 0, output);
        assert.match(output, new RegExp(`lint/\\w+/${rule}`));
      } finally {
        uproot(files);
      }
    });
  }

  it("the compiler refuses an import against the arrows, and writes nothing into src", () => {
    const files = {
      "src/core/planted.ts": 'export { defaultTransports } from "../transports/index.ts";\n',
    };
    plant(files);
    try {
      const { status, output } = run("tsc", "-b", "src/core");
      assert.notEqual(status, 0);
      assert.match(output, /planted\.ts.*TS(?:6307|6059)/);
      assert.equal(existsSync(join(copy, "src/transports/index.js")), false);
    } finally {
      uproot(files);
    }
  });

  it("the compiler refuses syntax that is more than types", () => {
    const files = {
      "src/core/planted.ts": "export class Planted {\n  constructor(readonly size: number) {}\n}\n",
    };
    plant(files);
    try {
      const { output } = run("tsc", "-b", "src/core");
      assert.match(output, /planted\.ts.*TS1294/);
    } finally {
      uproot(files);
    }
  });
});
