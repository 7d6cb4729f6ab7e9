import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The TypeScript blocks of a text, also of a doc comment, that use the library as its users do. */
function libraryExamples(text: string): string[] {
  const plain = text.replaceAll(/^ *\* ?/gm, "");
  const blocks = [...plain.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  return blocks.filter((code) => code.includes('from "smbx"'));
}

function sources(): string[] {
  const names = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts")).map((name) => join("src", name));
}

describe("the documents", () => {
  it("show library code that compiles", () => {
    const directory = mkdtempSync(join(tmpdir(), "smbx-examples-"));
    try {
      let count = 0;
      for (const path of ["README.md", ...sources()]) {
        for (const code of libraryExamples(read(path))) {
          count += 1;
          const name = `${path.replaceAll(/\W/g, "-")}-${count}.mts`;
          // A module of its own each, so that equal names do not meet.
          writeFileSync(join(directory, name), `${code}\nexport {};\n`);
        }
      }
      assert.ok(count >= 3, `only ${count} examples were found`);
      const tsconfig = {
        extends: join(ROOT, "tsconfig.base.json"),
        compilerOptions: {
          ...{ composite: false, declaration: false, declarationMap: false, noEmit: true },
          ...{ isolatedDeclarations: false, noUnusedLocals: false },
          typeRoots: [join(ROOT, "node_modules", "@types")],
          paths: { smbx: [join(ROOT, "dist", "index.d.ts")] },
        },
        include: ["*.mts"],
      };
      writeFileSync(join(directory, "tsconfig.json"), JSON.stringify(tsconfig));
      const compiler = join(ROOT, "node_modules", ".bin", "tsc");
      const { status, stdout } = spawnSync(compiler, ["-p", directory], { encoding: "utf8" });
      assert.equal(status, 0, stdout);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });

  it("link to files that exist", () => {
    const documents = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
    const inDocs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
    documents.push(
      ...inDocs.filter((name) => name.endsWith(".md")).map((name) => join("docs", name)),
    );
    for (const document of documents) {
      for (const [, target = ""] of read(document).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)) {
        if (/^https?:/.test(target)) continue;
        const path = join(ROOT, dirname(document), target);
        assert.ok(existsSync(path), `${document} links to ${target}`);
      }
    }
  });

  it("name every package that is used, and say why", () => {
    const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
    const text = read("docs/dependencies.md");
    for (const kind of ["dependencies", "devDependencies"]) {
      for (const name of Object.keys(manifest[kind] ?? {})) {
        assert.ok(text.includes(`\`${name}\``), `docs/dependencies.md says nothing about ${name}`);
      }
    }
  });

  it("tell how everything ends: the exit statuses of the README are those of the program", async () => {
    const { ExitCode } = await import("../../src/cli/exit-codes.ts");
    const rows = [...read("README.md").matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    assert.deepEqual(rows, Object.values(ExitCode));
  });
});

describe("what is committed", () => {
  const { status, stdout } = spawnSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" });
  // A copy without a repository is judged by what lies there.
  const skip = status !== 0 ? "this is not a git repository" : false;

  it("names no place of one machine", { skip }, () => {
    const places = [ROOT, `${homedir()}/`, "/var/tmp/"].map(
      (place) => new RegExp(`(?<![\\w.])${place.replaceAll(/\W/g, "\\$&")}`),
    );
    const offenders: string[] = [];
    for (const path of stdout
      .split("\0")
      .filter((name) => name !== "" && existsSync(join(ROOT, name)))) {
      if (path === "test/house/documents.test.ts") continue;
      const lines = read(path).split("\n");
      lines.forEach((line, index) => {
        const isLocal = places.some((place) => place.test(line));
        const isForeign =
          path === "package-lock.json" &&
          /"resolved": "(?!https:\/\/registry\.npmjs\.org\/|packages\/)/.test(line);
        if (isLocal || isForeign) offenders.push(`${path}:${index + 1}: ${line.trim()}`);
      });
    }
    assert.deepEqual(offenders, []);
  });
});
