import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isOneLocally, LocalPlaces } from "../../../src/cli/transfer/one-name.ts";
import { haveTwins, TargetClaims } from "../../../src/cli/transfer/target-claims.ts";
import { withDirectory } from "./with-directory.ts";

describe("the targets of a run", () => {
  function file(source: string, target: string, isDirectory = false) {
    return { source, target, isDirectory };
  }

  it("have a rival where another source goes to the same name, in whatever spelling", () => {
    const claims = new TargetClaims("\\");
    assert.equal(claims.rivalOf(file("/a/File", "d\\File")), undefined);
    assert.equal(claims.rivalOf(file("/a/other", "d\\other")), undefined);
    assert.equal(claims.rivalOf(file("/a/file", "d\\file"))?.target, "d\\File");
    assert.equal(claims.rivalOf(file("/b/File", "d\\File"))?.source, "/a/File");
    assert.equal(claims.rivalOf(file("/a/File.", "d\\File."))?.source, "/a/File");
    assert.equal(claims.rivalOf(file("/a/é", "d\\\u00e9")), undefined);
    assert.equal(claims.rivalOf(file("/a/É", "d\\E\u0301"))?.source, "/a/é");
  });

  it("have none in a source that comes twice, and directories of one name hold what both have", () => {
    const claims = new TargetClaims("/", true);
    assert.equal(claims.rivalOf(file("\\a", "/t/a")), undefined);
    assert.equal(claims.rivalOf(file("\\a", "/t/a")), undefined);
    assert.equal(claims.rivalOf(file("\\x\\d", "/t/d", true)), undefined);
    assert.equal(claims.rivalOf(file("\\x\\d\\1", "/t/d/1")), undefined);
    assert.equal(claims.rivalOf(file("\\y\\d", "/t/d", true)), undefined);
    assert.equal(claims.rivalOf(file("\\y\\d\\1", "/t/d/1"))?.source, "\\x\\d\\1");
    assert.equal(
      claims.rivalOf(file("\\z\\d", "/t/d"))?.source,
      "\\x\\d",
      "a file is another thing",
    );
    assert.equal(claims.rivalOf(file("\\z\\D", "/t/D", true))?.source, "\\x\\d");
  });

  it("are remembered on the way down and back up", () => {
    const claims = new TargetClaims("\\");
    claims.rivalOf(file("/s/a", "a"));
    claims.rivalOf(file("/s/d", "d", true));
    claims.rivalOf(file("/s/d/e", "d\\e", true));
    claims.rivalOf(file("/s/d/e/x", "d\\e\\x"));
    claims.rivalOf(file("/s/d/y", "d\\y"));
    assert.notEqual(claims.rivalOf(file("/s/d/E", "d\\E", true)), undefined);
    assert.notEqual(claims.rivalOf(file("/s/A", "A")), undefined);
  });

  it("have twins where names are spelled alike", () => {
    assert.equal(haveTwins(["a", "b", "ab"]), false);
    assert.equal(haveTwins(["a", "b", "A"]), true);
    assert.equal(haveTwins(["a", "a"]), true);
  });
});

describe("the local places of a download", () => {
  const file = { source: "\\d\\File", target: "/t/File", isDirectory: false };
  const twin = { source: "\\d\\file", target: "/t/file", isDirectory: false };

  it("are kept apart by what the file system does", () => {
    const apart = new LocalPlaces(new TargetClaims("/"), () => false);
    apart.take(file);
    apart.take(twin);
    const folding = new LocalPlaces(new TargetClaims("/"), () => true);
    folding.take(file);
    assert.throws(() => folding.take(twin), {
      code: "ERR_SMB_TRANSFER",
      message:
        "\\d\\file is not fetched as /t/file: \\d\\File goes to /t/File, the same name there",
    });
  });

  it("take nothing of a directory that would be another", () => {
    const places = new LocalPlaces(new TargetClaims("/"), () => true);
    places.take({ ...file, isDirectory: true });
    assert.throws(() => places.take({ ...twin, isDirectory: true }));
    const inside = { source: "\\d\\file\\e", target: "/t/file/e", isDirectory: true };
    assert.throws(() => places.take(inside), /\\d\\file\\e is not fetched: the directory/);
    const deeper = { source: "\\d\\file\\e\\x", target: "/t/file/e/x", isDirectory: false };
    assert.throws(() => places.take(deeper), /\\d\\file\\e\\x is not fetched/);
  });

  it("are tried in the directory itself, of which nothing is left", () =>
    withDirectory((directory) => {
      const at = (name: string) => join(directory, name);
      assert.equal(isOneLocally(at("x"), at("x")), true);
      assert.equal(isOneLocally(at("one"), at("other")), false);
      assert.deepEqual(readdirSync(directory), []);
      assert.throws(() => isOneLocally(at("no/x"), at("no/X")), { code: "ENOENT" });
    }));
});
