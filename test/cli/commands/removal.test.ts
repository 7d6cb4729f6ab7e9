import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { smbclientPersonality, smbxPersonality } from "../../../src/cli/personality.ts";
import { FileAttributes, GONE_STATUSES, NtStatus } from "../../../src/core/index.ts";
import { fakeShell } from "../../support/fake-shell.ts";
import { directory, FakeTree, file } from "../../support/fake-tree.ts";

const terse = { ...smbxPersonality, explainsErrors: false };

function tree(): FakeTree {
  return new FakeTree({
    t: directory(),
    "t\\a": file(1),
    "t\\b": file(1),
    "t\\u": directory(),
    "t\\u\\c": file(1),
    "t\\v": directory(),
    "t\\v\\d": file(1),
    keep: file(1),
  });
}

describe("deltree", () => {
  it("removes everything below a name", async () => {
    const { state, tree: share } = fakeShell(tree());
    assert.equal((await state.run("deltree t")).error, undefined);
    assert.deepEqual([...share.nodes.keys()], ["keep"]);
  });

  it("takes a trailing slash as nothing special", async () => {
    const { state, tree: share } = fakeShell(tree());
    await state.run("deltree t/");
    assert.deepEqual([...share.nodes.keys()], ["keep"]);
  });

  it("removes plain files that match too", async () => {
    const { state, tree: share } = fakeShell(tree());
    await state.run("deltree k*");
    assert.equal(share.nodes.has("keep"), false);
  });

  it("goes on after a failure, tells each once and does not try what cannot be empty", async () => {
    const { state, io, tree: share } = fakeShell(tree(), { personality: terse });
    share.refuse("unlink", "t\\a", NtStatus.ACCESS_DENIED);
    share.refuse("unlink", "t\\u\\c", NtStatus.SHARING_VIOLATION);
    const outcome = await state.run("deltree t");
    assert.deepEqual(io.stderr.trim().split("\n"), [
      "NT_STATUS_ACCESS_DENIED deleting remote file \\t\\a",
      "NT_STATUS_SHARING_VIOLATION deleting remote file \\t\\u\\c",
    ]);
    assert.deepEqual([...share.nodes.keys()], ["t", "t\\a", "t\\u", "t\\u\\c", "keep"]);
    assert.equal(smbxPersonality.exitStatus([outcome]), 6);
  });

  it("ends at once where the share is gone, with the status of the network", async () => {
    for (const status of GONE_STATUSES) {
      const {
        state,
        io,
        tree: share,
      } = fakeShell(tree(), {
        personality: terse,
        settings: { jobs: 1 },
      });
      for (const path of ["t\\a", "t\\b"]) share.refuse("unlink", path, status);
      const outcome = await state.run("deltree t");
      assert.equal(io.stderr.trim().split("\n").length, 1, io.stderr);
      assert.ok(share.nodes.has("t\\u\\c"));
      assert.equal(smbxPersonality.exitStatus([outcome]), 3);
    }
  });

  it("as smbclient stops at the first failure", async () => {
    const options = { personality: smbclientPersonality, settings: { jobs: 1 } };
    const { state, io, tree: share } = fakeShell(tree(), options);
    share.refuse("unlink", "t\\a", NtStatus.ACCESS_DENIED);
    await state.run("deltree t");
    assert.equal(io.stdout, "NT_STATUS_ACCESS_DENIED deleting remote file \\t\\a\n");
    assert.ok(share.nodes.has("t\\b"));
  });

  it("removes a link to a directory without following it", async () => {
    const { DIRECTORY, REPARSE_POINT } = FileAttributes;
    const share = new FakeTree({ link: directory(DIRECTORY | REPARSE_POINT) });
    const { state } = fakeShell(share);
    await state.run("deltree link");
    assert.deepEqual(share.calls, ["list ", "rmdir link"]);
    assert.deepEqual(share.emptied, []);
  });

  it("has patience only with directories that it has emptied", async () => {
    const { state, tree: share } = fakeShell(tree());
    await state.run("deltree t");
    assert.deepEqual(share.emptied, ["t\\u", "t\\v", "t"]);
    share.nodes.set("empty", directory());
    await state.run("rmdir empty");
    assert.equal(share.emptied.length, 3);
  });

  it("ends at once when it is interrupted", async () => {
    const share = tree();
    const { state, io } = fakeShell(share, { settings: { jobs: 1 } });
    const unlink = share.unlink.bind(share);
    share.unlink = async (path) => {
      await unlink(path);
      state.interrupt();
    };
    const outcome = await state.run("deltree t");
    assert.equal(smbxPersonality.exitStatus([outcome]), 130);
    assert.equal(io.stderr, "interrupted\n");
    assert.equal(share.nodes.size, 7);
  });
});

describe("del", () => {
  it("leaves directories and what is in them alone, with recurse on too", async () => {
    const { state, tree: share } = fakeShell(tree(), { settings: { recurse: true } });
    await state.run("del *");
    await state.run("del t/*");
    const left = [...share.nodes.keys()];
    assert.deepEqual(left, ["t", "t\\u", "t\\u\\c", "t\\v", "t\\v\\d"]);
  });

  it("obeys the mask setting", async () => {
    const { state, tree: share } = fakeShell(tree(), { settings: { mask: "a*" } });
    await state.run("del t/*");
    assert.equal(share.nodes.has("t\\a"), false);
    assert.equal(share.nodes.has("t\\b"), true);
  });

  it("tells what it could not delete and deletes the rest", async () => {
    const { state, io, tree: share } = fakeShell(tree(), { personality: terse });
    share.refuse("unlink", "t\\a", NtStatus.CANNOT_DELETE);
    const outcome = await state.run("del t/*");
    assert.equal(io.stderr, "NT_STATUS_CANNOT_DELETE deleting remote file \\t\\a\n");
    assert.equal(share.nodes.has("t\\b"), false);
    assert.equal(smbxPersonality.exitStatus([outcome]), 6);
  });
});

describe("a recursive listing", () => {
  it("tells a directory that it may not read and shows the others", async () => {
    const {
      state,
      io,
      tree: share,
    } = fakeShell(tree(), {
      personality: terse,
      settings: { recurse: true },
    });
    share.refuse("list", "t\\u", NtStatus.ACCESS_DENIED);
    const outcome = await state.run("ls");
    assert.equal(io.stderr, "NT_STATUS_ACCESS_DENIED listing \\t\\u\\*\n");
    assert.match(io.stdout, /\n\\t\\v\n {2}\. /);
    assert.match(io.stdout, /blocks available\n$/);
    assert.equal(smbxPersonality.exitStatus([outcome]), 6);
  });

  it("does not follow links, which may lead in circles", async () => {
    const { DIRECTORY, REPARSE_POINT } = FileAttributes;
    const share = new FakeTree({ link: directory(DIRECTORY | REPARSE_POINT) });
    for (const command of ["ls", "du"]) {
      const { state, io } = fakeShell(share, { settings: { recurse: true } });
      assert.equal((await state.run(command)).error, undefined);
      assert.deepEqual(share.calls.splice(0), ["list ", "fsSize "]);
      assert.equal(io.stderr, "\\link is a link: what it leads to is left out\n");
    }
  });
});
