import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const NO_REGISTRY = /ENOTFOUND|ENETUNREACH|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED/;

/** What npm says about a package that it has packed. */
interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

function run(cwd: string, command: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

describe("the package", () => {
  let directory: string;
  let packed: Packed;
  /** Why the package could not be installed, where that is not its fault. */
  let unreachable: string | undefined;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "smbx-pack-"));
    const report = run(ROOT, "npm", "pack", "--json", "--pack-destination", directory);
    [packed] = JSON.parse(report) as [Packed];
    mkdirSync(join(directory, "user"));
    writeFileSync(join(directory, "user", "package.json"), '{ "name": "user", "private": true }');
    const tarball = join(directory, packed.filename);
    try {
      const flags = ["--prefer-offline", "--no-audit", "--no-fund"];
      run(join(directory, "user"), "npm", "install", ...flags, tarball);
    } catch (error) {
      if (!(error instanceof Error) || !NO_REGISTRY.test(error.message)) throw error;
      unreachable = "npm's registry is out of reach";
    }
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  function installed(context: TestContext): string | undefined {
    if (unreachable !== undefined) context.skip(unreachable);
    return unreachable === undefined ? join(directory, "user") : undefined;
  }

  it("holds the program, the library and the manual, and nothing else", () => {
    const paths = packed.files.map(({ path }) => path);
    const wanted = [
      "bin/smbx.cjs",
      "dist/bundle/smbx.cjs",
      "dist/index.js",
      "dist/index.d.ts",
      "man/smbx.1",
    ];
    for (const path of [...wanted, "LICENSE", "README.md", "package.json"]) {
      assert.ok(paths.includes(path), `${path} is missing`);
    }
    const strange = paths.filter(
      (path) =>
        !/^(dist\/.*\.(c?js|c?js\.map|d\.ts|d\.ts\.map)|bin\/(compiled|smbx)\.cjs|man\/smbx\.1|[A-Z]+(\.md)?|package\.json)$/.test(
          path,
        ),
    );
    assert.deepEqual(strange, []);
  });

  it("installs a program that runs", (context) => {
    const user = installed(context);
    if (user === undefined) return;
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      version: string;
    };
    const program = join(user, "node_modules", ".bin", "smbx");
    assert.match(run(user, program, "--version"), new RegExp(version.replaceAll(".", "\\.")));
  });

  it("passes for smbclient where it is called so", (context) => {
    const user = installed(context);
    if (user === undefined) return;
    const link = join(user, "smbclient");
    symlinkSync(join(user, "node_modules", "smbx", "bin", "smbx.cjs"), link);
    assert.match(run(user, link, "--help"), /^Usage: smbclient /);
  });

  it("installs a library that loads, with types", (context) => {
    const user = installed(context);
    if (user === undefined) return;
    const program = `import { connect, SmbClient } from "smbx";
      import type { DirectoryEntry } from "smbx";
      export const names = (entries: readonly DirectoryEntry[]): string[] => entries.map((e) => e.name);
      const client: Promise<SmbClient> = connect("smb://user:secret@127.0.0.1:1", { order: [{ kind: "tcp" }] });
      client.catch((error: unknown) => console.log((error as { code: string }).code));\n`;
    writeFileSync(join(user, "use.mts"), program);
    const compiler = join(ROOT, "node_modules", ".bin", "tsc");
    const types = ["--types", "node", "--typeRoots", join(ROOT, "node_modules", "@types")];
    const settings = ["--strict", "--module", "nodenext", "--target", "es2023"];
    run(user, compiler, ...settings, ...types, "--lib", "es2023,esnext.disposable", "use.mts");
    assert.equal(run(user, process.execPath, "use.mjs"), "ERR_SMB_DIAL\n");
  });
});
