import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const LOADER = fileURLToPath(new URL("../../bin/compiled.cjs", import.meta.url));
const RUN = `const { loadCompiled } = require(${JSON.stringify(LOADER)});
loadCompiled(process.argv[1])(exports); console.log(exports.answer)`;

describe("the compiled form of a bundle", () => {
  let directory: string;
  let bundle: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "smbx-compiled-"));
    bundle = join(directory, "bundle.cjs");
    writeBundle("0123456789abcdef", 42);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function writeBundle(id: string, answer: number): void {
    writeFileSync(bundle, `// ${id}\nexports.answer = (() => ${answer})();\n`);
  }

  function compiledFiles(): string[] {
    return readdirSync(directory).filter((name) => name !== "bundle.cjs");
  }

  /** The only compiled file, with its whole path. */
  function compiledFile(): string {
    const [name, ...others] = compiledFiles();
    assert.ok(name !== undefined && others.length === 0, `${name} ${others.join(" ")}`);
    return join(directory, name);
  }

  /** In a process of its own: V8 remembers what it has compiled in this one. */
  function run(): number {
    const { stdout, stderr } = spawnSync(process.execPath, ["-e", RUN, bundle], {
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    return Number(stdout);
  }

  it("is made by the first run and used by the next ones", () => {
    assert.equal(run(), 42);
    const { mtimeMs } = statSync(compiledFile());
    assert.ok(compiledFile().endsWith(`${process.version}-${process.arch}.bin`));
    assert.equal(run(), 42);
    assert.equal(statSync(compiledFile()).mtimeMs, mtimeMs);
  });

  it("is for nobody else to change", () => {
    run();
    assert.equal(statSync(compiledFile()).mode & 0o022, 0);
  });

  for (const [what, spoil] of [
    ["empty", () => new Uint8Array()],
    ["cut short", (data: Uint8Array) => data.subarray(0, data.length >> 1)],
    ["from another V8", (data: Uint8Array) => data.map((byte, at) => (at < 8 ? ~byte : byte))],
  ] as const) {
    it(`is not used where it is ${what}`, () => {
      run();
      const path = compiledFile();
      const spoiled = spoil(readFileSync(path));
      writeFileSync(path, spoiled);
      assert.equal(run(), 42);
      assert.equal(statSync(path).size, spoiled.length);
    });
  }

  it("belongs to one bundle, and goes with it", () => {
    run();
    const old = compiledFile();
    // As long as the first one, which is all that V8 looks at.
    writeBundle("fedcba9876543210", 43);
    assert.equal(run(), 43);
    assert.notEqual(compiledFile(), old);
  });

  it("is done without where it cannot be written", () => {
    run();
    const path = compiledFile();
    rmSync(path);
    // Nothing can be renamed to the name of a directory.
    mkdirSync(path);
    assert.equal(run(), 42);
    assert.equal(compiledFile(), path);
  });
});
