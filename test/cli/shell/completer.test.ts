import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { CompletionCache, complete } from "../../../src/cli/shell/completer.ts";
import { NtStatus } from "../../../src/core/index.ts";
import { type FakeShell, fakeShell } from "../../support/fake-shell.ts";
import { directory, FakeTree, file } from "../../support/fake-tree.ts";

function shell(): FakeShell {
  const tree = new FakeTree({
    dir: directory(),
    "dir\\sub": directory(),
    "dir\\song.mp3": file(1),
    "empty dir": directory(),
    "hello.txt": file(1),
    "hello world.txt": file(1),
    "e\x1b[2Jvil": file(1),
  });
  return fakeShell(tree, { others: [new FakeTree({}, { share: "photos", treeId: 8 })] });
}

async function texts(line: string, from: FakeShell = shell()): Promise<string[]> {
  const { candidates } = await complete(
    from.state,
    line,
    line.length,
    new AbortController().signal,
  );
  return candidates.map((candidate) => candidate.text);
}

describe("completion", () => {
  const rows: readonly (readonly [line: string, texts: string[]])[] = [
    ["ren", ["rename"]],
    ["RE", ["recurse", "reget", "rename", "reput"]],
    ["nosuch", []],
    ["help mk", ["mkdir"]],
    ["get hel", ["hello.txt", '"hello world.txt"']],
    ["get HEL", ["hello.txt", '"hello world.txt"']],
    ['get "hello w', ['"hello world.txt"']],
    ["ls dir/s", ["dir/sub/", "dir/song.mp3"]],
    ["ls dir\\s", ["dir\\sub\\", "dir\\song.mp3"]],
    ["ls /dir/so", ["/dir/song.mp3"]],
    ["ls dir/../dir/su", ["dir/../dir/sub/"]],
    ["cd ", ["dir/", '"empty dir/']],
    ["cd hel", []],
    ["ls e", ['"empty dir/', "e?[2Jvil"]],
    ["ls hel*", []],
    ["rename hello.txt d", ["dir/"]],
    ["rename hello.txt x d", []],
    ["tcon p", ["photos"]],
    ["pwd x", []],
    ["nosuch x", []],
    ["ls nosuch/x", []],
  ];
  for (const [line, expected] of rows) {
    it(JSON.stringify(line), async () => assert.deepEqual(await texts(line), expected));
  }

  it("of nothing is all commands", async () => {
    assert.ok((await texts("")).includes("mget"));
  });

  it("completes the word at the cursor, whatever follows", async () => {
    const { start, candidates } = await complete(
      shell().state,
      "  get hel there",
      9,
      new AbortController().signal,
    );
    assert.equal(start, 6);
    assert.equal(candidates.length, 2);
  });

  it("starts at the quote", async () => {
    const { start } = await complete(
      shell().state,
      'get "hello w',
      12,
      new AbortController().signal,
    );
    assert.equal(start, 4);
  });

  it("shows control characters and leaves directories open", async () => {
    const { candidates } = await complete(shell().state, "ls e", 4, new AbortController().signal);
    assert.deepEqual(
      candidates.map(({ label, isFinal }) => [label, isFinal]),
      [
        ["empty dir/", false],
        ["e\\x1b[2Jvil", true],
      ],
    );
  });

  it("is relative to the remote directory", async () => {
    const at = shell();
    at.state.cwd = "dir";
    assert.deepEqual(await texts("get so", at), ["song.mp3"]);
  });

  it("offers nothing where the server refuses or the user went on typing", async () => {
    const refused = shell();
    refused.tree.refuse("list", "", NtStatus.ACCESS_DENIED);
    assert.deepEqual(await texts("ls h", refused), []);
    const { candidates } = await complete(shell().state, "ls h", 4, AbortSignal.abort());
    assert.deepEqual(candidates, []);
  });

  it("asks the server once for the same names, and again when they are old", async () => {
    const at = shell();
    let now = 0;
    const cache = new CompletionCache(() => now);
    const { signal } = new AbortController();
    for (const ms of [0, 1000, 10_000]) {
      now = ms;
      await complete(at.state, "ls h", 4, signal, cache);
    }
    assert.equal(at.tree.calls.length, 2);
  });

  it("never throws", async () => {
    const at = shell();
    const line = fc.string({ unit: "binary" });
    await fc.assert(
      fc.asyncProperty(line, fc.nat(40), async (text, cursor) => {
        const { signal } = new AbortController();
        const { start, candidates } = await complete(at.state, text, cursor, signal);
        assert.ok(start <= cursor);
        assert.ok(Array.isArray(candidates));
      }),
      { numRuns: 300 },
    );
  });
});

describe("completion of local paths", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "smbx-complete-"));
    mkdirSync(join(folder, "music"));
    writeFileSync(join(folder, "music", "one.ogg"), "");
    writeFileSync(join(folder, "my file"), "");
    writeFileSync(join(folder, ".hidden"), "");
  });
  after(() => rmSync(folder, { recursive: true }));

  const rows: readonly (readonly [string, string[]])[] = [
    ["put m", ["music/", '"my file"']],
    ["put ", ["music/", '"my file"']],
    ["put .", [".hidden"]],
    ["put music/", ["music/one.ogg"]],
    ["mput x y mus", ["music/"]],
    ["lcd mus", ["music/"]],
    ["!cat m", ["music/", '"my file"']],
    ["!ca", []],
    ["put nosuch/x", []],
  ];
  for (const [line, expected] of rows) {
    it(JSON.stringify(line), async () => {
      const at = fakeShell(new FakeTree(), { localCwd: folder });
      assert.deepEqual(await texts(line, at), expected);
    });
  }
});
