import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const HOUR = 3_600_000;

interface State {
  isSettled(now?: number): boolean;
  remember(reason: string | undefined, now?: number): void;
}

interface Build {
  buildAddon(hooks: { install(packages: string[]): string | undefined }): string | undefined;
}

describe("building the addon", { skip: process.platform !== "linux" && "Linux only" }, () => {
  const { PATH } = process.env;
  let root: string;
  let folder: string;
  let state: State;
  let build: Build;

  beforeEach(async () => {
    // A copy of the package on a machine where nothing is installed.
    root = mkdtempSync(join(tmpdir(), "ngtcp2-build-"));
    folder = join(root, "ngtcp2-napi");
    mkdirSync(folder);
    cpSync(join(PACKAGE, "../addon-build"), join(root, "addon-build"), { recursive: true });
    for (const name of ["src", "scripts", "binding.gyp"])
      cpSync(join(PACKAGE, name), join(folder, name), { recursive: true });
    mkdirSync(join(folder, "bin"));
    process.env["PATH"] = join(folder, "bin");
    const script = (name: string): string => pathToFileURL(join(folder, "scripts", name)).href;
    state = (await import(script("addon-state.mjs"))) as State;
    build = (await import(script("build-addon.mjs"))) as Build;
  });
  afterEach(() => {
    process.env["PATH"] = PATH;
    rmSync(root, { recursive: true, force: true });
  });

  function addProgram(name: string): void {
    writeFileSync(join(folder, "bin", name), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  }

  function addAddon(): void {
    mkdirSync(join(folder, "build", "Release"), { recursive: true });
    writeFileSync(join(folder, "build", "Release", "ngtcp2_napi.node"), "");
  }

  it("is no part of installing the package", () => {
    const text = readFileSync(join(PACKAGE, "package.json"), "utf8");
    const { scripts, gypfile } = JSON.parse(text) as { scripts: object; gypfile: boolean };
    assert.deepEqual(
      Object.keys(scripts).filter((name) => name.includes("install") || name === "prepare"),
      [],
    );
    assert.equal(gypfile, false);
  });

  it("asks for the packages that are missing, and keeps the answer as the reason", (context) => {
    if (!existsSync("/usr/bin/apt-get")) return context.skip("only with apt-get");
    const asked: string[] = [];
    const install = (packages: string[]): string => {
      asked.push(...packages);
      return "please run: sudo apt-get install things";
    };
    const problem = build.buildAddon({ install });
    assert.equal(problem, "please run: sudo apt-get install things");
    for (const name of ["g++", "make", "python3", "pkg-config", "libgnutls28-dev"])
      assert.ok(asked.includes(name), `${name} was not asked for`);
    assert.equal(readFileSync(join(folder, "build", "unavailable.txt"), "utf8"), `${problem}\n`);
    assert.equal(state.isSettled(), true);
  });

  it("is not tried again after a failure until a day has passed", () => {
    assert.equal(state.isSettled(), false);
    state.remember("no network", 0);
    assert.equal(state.isSettled(23 * HOUR), true);
    assert.equal(state.isSettled(25 * HOUR), false);
  });

  it("is tried again after a failure when a compiler was installed", () => {
    state.remember("no compiler", 0);
    addProgram("g++");
    assert.equal(state.isSettled(HOUR), false);
  });

  for (const outcome of ["no compiler", undefined]) {
    it(`is tried again when a source has changed after ${outcome ?? "success"}`, () => {
      addAddon();
      state.remember(outcome, 0);
      if (outcome === undefined) assert.equal(state.isSettled(1), true);
      writeFileSync(join(folder, "src", "addon.cc"), "// other\n");
      assert.equal(state.isSettled(1), false);
    });
  }

  it("is done once: what is installed later changes nothing", () => {
    addAddon();
    state.remember(undefined, 0);
    addProgram("g++");
    assert.equal(state.isSettled(1000 * HOUR), true);
    assert.equal(existsSync(join(folder, "build", "unavailable.txt")), false);
  });

  it("is tried again when the addon is gone", () => {
    addAddon();
    state.remember(undefined, 0);
    rmSync(join(folder, "build"), { recursive: true });
    assert.equal(state.isSettled(1), false);
  });

  it("leaves no addon of older sources behind a failure", () => {
    addAddon();
    state.remember("the addon could not be compiled", 0);
    assert.equal(existsSync(join(folder, "build", "Release", "ngtcp2_napi.node")), false);
  });
});
