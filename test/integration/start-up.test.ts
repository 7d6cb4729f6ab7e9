import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runProgram, runSmbx } from "../support/program.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A script as V8 reports it for coverage. */
interface Script {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { readonly count: number }[];
  }[];
}

/** The scripts that a run of smbx has loaded, our own and those of packages. */
async function scriptsOf(args: readonly string[], env: Record<string, string>): Promise<Script[]> {
  const directory = mkdtempSync(join(tmpdir(), "smbx-start-up-"));
  try {
    const ended = await runSmbx(args, { env: { ...env, NODE_V8_COVERAGE: directory } });
    assert.equal(ended.status, 0, ended.stderr);
    const [report] = readdirSync(directory);
    assert.ok(report !== undefined, "V8 has reported nothing");
    const { result } = JSON.parse(readFileSync(join(directory, report), "utf8")) as {
      result: Script[];
    };
    return result.filter(({ url }) => url.startsWith("file:"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The modules in a bundle that ran: esbuild makes each a function that has the name of its file. */
function modulesThatRan({ functions }: Script): string[] {
  return functions
    .filter(({ functionName, ranges }) => functionName.endsWith(".js") && ranges[0]?.count === 1)
    .map(({ functionName }) => functionName);
}

describe("a run of -c ls", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  let scripts: readonly Script[];

  before(async () => {
    samba = await startSamba();
    const { host, port, username, password } = samba;
    const env = { USER: username, PASSWD: password };
    scripts = await scriptsOf([`//${host}:${port}/share`, "-c", "ls"], env);
  });
  after(() => samba?.stop());

  it("loads the program and no package", () => {
    const paths = scripts.map(({ url }) => relative(ROOT, fileURLToPath(url))).sort();
    assert.deepEqual(paths, ["bin/compiled.cjs", "bin/smbx.cjs", "dist/bundle/smbx.cjs"]);
  });

  it("runs nothing of what only a terminal or another command needs", () => {
    const bundle = scripts.find(({ url }) => url.endsWith("/dist/bundle/smbx.cjs"));
    assert.ok(bundle !== undefined);
    const ran = modulesThatRan(bundle);
    assert.ok(ran.includes("dist/cli/run-shell.js"), "the names of modules are not what they were");
    const needless =
      /chalk|shell\/terminal|transfer\/(up|down)load|oneshot|core\/rpc|smb2\/describe/;
    assert.deepEqual(
      ran.filter((name) => needless.test(name)),
      [],
    );
  });
});

describe("the bundle", () => {
  it("finds ink", async () => {
    const load = 'require("./dist/bundle/load-ink-view.cjs").loadInkView()';
    const script = `${load}.then((create) => console.log(typeof create))`;
    const ended = await runProgram(process.execPath, ["-e", script], { cwd: ROOT });
    assert.deepEqual(ended, { status: 0, stdout: "function\n", stderr: "" });
  });
});
