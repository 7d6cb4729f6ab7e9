import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  type DownloadItem,
  type DownloadPlan,
  type PlanCandidate,
  planDownload,
  planUpload,
  type UploadItem,
} from "../../../src/cli/transfer/index.ts";
import {
  type DirectoryEntry,
  FileAttributes,
  NtStatus,
  NtStatusError,
  type Tree,
} from "../../../src/core/index.ts";
import { withDirectory } from "./with-directory.ts";

type Listing = Readonly<Record<string, readonly string[]>>;

/** A share as a hostile server may show it: names ending in `/` are directories. */
function treeOf(listing: Listing, listed: string[] = [], returned: string[] = []): Tree {
  async function* list(path: string): AsyncGenerator<readonly DirectoryEntry[]> {
    listed.push(path);
    const names = listing[path];
    if (names === undefined) throw new NtStatusError(NtStatus.ACCESS_DENIED, { path });
    try {
      yield [".", "..", ...names].map(entryOf);
    } finally {
      returned.push(path);
    }
  }
  return { list } as unknown as Tree;
}

function entryOf(text: string): DirectoryEntry {
  const isDirectory = text.endsWith("/") || text === "." || text === "..";
  return {
    name: text.replace(/\/$/, ""),
    shortName: "",
    reparseTag: 0,
    attributes: isDirectory ? FileAttributes.DIRECTORY : FileAttributes.NORMAL,
    size: 5,
    allocationSize: 5,
    creationTime: 0n,
    lastAccessTime: 0n,
    lastWriteTime: 0n,
    changeTime: 0n,
    fileId: 0n,
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const base: DownloadPlan = { directory: "", pattern: "*", localDirectory: "/t" };

function names(items: readonly DownloadItem[]): string[] {
  return items.map(({ remotePath, localPath, error }) =>
    error === undefined
      ? `${remotePath} > ${localPath}`
      : `${remotePath}: ${(error as Error).message}`,
  );
}

describe("planDownload", () => {
  const tree: Listing = {
    "": ["a.txt", "d/", "b.jpg"],
    d: ["e/", "c.txt"],
    "d\\e": ["deep.txt"],
  };

  it("takes the files of one directory where it does not recurse", async () => {
    assert.deepEqual(names(await collect(planDownload(treeOf(tree), base))), [
      "a.txt > /t/a.txt",
      "b.jpg > /t/b.jpg",
    ]);
  });

  it("walks in the server's order, directories before what is in them, masks for files only", async () => {
    const recursive = { ...base, recurse: true };
    assert.deepEqual(names(await collect(planDownload(treeOf(tree), recursive))), [
      "a.txt > /t/a.txt",
      "d > /t/d",
      "d\\e > /t/d/e",
      "d\\e\\deep.txt > /t/d/e/deep.txt",
      "d\\c.txt > /t/d/c.txt",
      "b.jpg > /t/b.jpg",
    ]);
    const masked = await collect(planDownload(treeOf(tree), { ...recursive, mask: "*.txt" }));
    assert.equal(
      masked.some(({ remotePath }) => remotePath === "b.jpg"),
      false,
    );
    assert.equal(
      masked.some(({ remotePath }) => remotePath === "d\\c.txt"),
      true,
    );
  });

  it("asks for each, and lists no directory that was refused", async () => {
    const asked: string[] = [];
    const listed: string[] = [];
    const items = await collect(
      planDownload(treeOf(tree, listed), {
        ...base,
        recurse: true,
        choose: ({ name, isDirectory, relativePath }) => {
          asked.push(`${relativePath}${isDirectory ? "/" : ""}`);
          return name !== "e" && name !== "a.txt";
        },
      }),
    );
    assert.deepEqual(asked, ["a.txt", "d/", "d\\e/", "d\\c.txt", "b.jpg"]);
    assert.deepEqual(listed, ["", "d"]);
    assert.deepEqual(
      items.map(({ remotePath }) => remotePath),
      ["d", "d\\c.txt", "b.jpg"],
    );
  });

  it("lets no name of the server's lead out of the target, and goes on with the others", async () => {
    const hostile = treeOf({
      "": ["../../etc/passwd", "..\\x", "/abs", "a\0b", "up\\/", "good", ""],
    });
    const items = await collect(planDownload(hostile, { ...base, recurse: true }));
    const safe = items.filter(({ error }) => error === undefined);
    assert.deepEqual(
      safe.map(({ localPath }) => localPath),
      ["/t/good"],
    );
    assert.equal(items.length, 7);
  });

  it("yields a directory that cannot be listed as a failure, and goes on", async () => {
    const items = await collect(
      planDownload(treeOf({ "": ["secret/", "b"] }), { ...base, recurse: true }),
    );
    assert.deepEqual(names(items), [
      "secret > /t/secret",
      "secret: NT_STATUS_ACCESS_DENIED of \\secret",
      "b > /t/b",
    ]);
    await assert.rejects(
      collect(planDownload(treeOf({}), { ...base, directory: "x" })),
      NtStatusError,
    );
  });

  it("makes names lower case, and says where two become one", async () => {
    const items = await collect(
      planDownload(treeOf({ "": ["README", "readme"] }), { ...base, lowercase: true }),
    );
    assert.equal(items[0]?.localPath, "/t/readme");
    assert.match(String(items[1]?.error), /the same in lower case/);
  });

  it("lists ahead, and gives up what it listed ahead when the consumer stops", async () => {
    const listed: string[] = [];
    const returned: string[] = [];
    const listing: Record<string, string[]> = { "": [] };
    for (let index = 0; index < 10; index += 1) {
      listing[""]?.push(`d${index}/`);
      listing[`d${index}`] = ["f"];
    }
    const items = planDownload(treeOf(listing, listed, returned), { ...base, recurse: true });
    await items.next();
    assert.deepEqual(listed, ["", "d0", "d1", "d2", "d3"]);
    await items.return(undefined);
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    assert.deepEqual(returned.sort(), ["", "d0", "d1", "d2", "d3"]);
  });

  it("leaves out what a link leads to, with a notice, and takes folders that only look like one", async () => {
    const attributes = FileAttributes.DIRECTORY | FileAttributes.REPARSE_POINT;
    const list = async function* (directory: string): AsyncGenerator<readonly DirectoryEntry[]> {
      const top = [
        { ...entryOf("link/"), attributes, reparseTag: 0xa000_000c },
        { ...entryOf("cloud/"), attributes, reparseTag: 0x9000_001a },
      ];
      yield directory === "" ? top : [entryOf("f")];
    };
    const notices: string[] = [];
    const onNotice = (notice: string): number => notices.push(notice);
    const items = await collect(
      planDownload({ list } as unknown as Tree, { ...base, recurse: true, onNotice }),
    );
    assert.deepEqual(names(items), ["cloud > /t/cloud", "cloud\\f > /t/cloud/f"]);
    assert.deepEqual(notices, ["\\link is a link: what it leads to is left out"]);
  });

  it("ends where a server shows a directory inside itself for ever", async () => {
    const list = (): AsyncGenerator<readonly DirectoryEntry[]> =>
      (async function* () {
        yield [entryOf("d/")];
      })();
    const items = await collect(
      planDownload({ list } as unknown as Tree, { ...base, recurse: true }),
    );
    assert.match(String(items.at(-1)?.error), /too deep/);
    assert.ok(items.length < 600);
  });
});

describe("planUpload", () => {
  function shown(items: readonly UploadItem[], directory: string): string[] {
    return items
      .map(({ localPath, remotePath, error }) => {
        const local = localPath.slice(directory.length + 1);
        return error === undefined ? `${local} > ${remotePath}` : `${local}: failed`;
      })
      .sort();
  }

  it("walks a tree, follows links but not in a circle, and passes over what is no file", () =>
    withDirectory(async (directory) => {
      mkdirSync(join(directory, "d"));
      for (const name of ["a.txt", ".hidden", "d/b.txt"]) writeFileSync(join(directory, name), "x");
      symlinkSync("a.txt", join(directory, "link"));
      symlinkSync("..", join(directory, "d", "up"));
      symlinkSync("nowhere", join(directory, "dangling"));
      execFileSync("mkfifo", [join(directory, "pipe")]);
      const notices: string[] = [];
      const items = await collect(
        planUpload({
          localDirectory: directory,
          pattern: "*",
          directory: "t",
          recurse: true,
          onNotice: (notice) => notices.push(notice),
        }),
      );
      assert.deepEqual(shown(items, directory), [
        ".hidden > t\\.hidden",
        "a.txt > t\\a.txt",
        "d > t\\d",
        "d/b.txt > t\\d\\b.txt",
        "d/up > t\\d\\up",
        "d/up: failed",
        "dangling: failed",
        "link > t\\link",
      ]);
      assert.match(notices.join(), /pipe is passed over: it is a pipe/);
    }));

  it("matches names whatever the case, and leaves directories alone where it does not recurse", () =>
    withDirectory(async (directory) => {
      mkdirSync(join(directory, "c.txt"));
      for (const name of ["a.txt", "b.TXT", "a+txt"]) writeFileSync(join(directory, name), "x");
      const passedOver: string[] = [];
      const plan = {
        localDirectory: directory,
        directory: "",
        onDirectory: ({ name }: PlanCandidate) => passedOver.push(name),
      };
      const of = async (pattern: string): Promise<string[]> =>
        shown(await collect(planUpload({ ...plan, pattern })), directory);
      assert.deepEqual(await of("*.txt"), ["a.txt > a.txt", "b.TXT > b.TXT"]);
      assert.deepEqual(passedOver, ["c.txt"]);
      assert.deepEqual(await of("a?txt"), ["a+txt > a+txt", "a.txt > a.txt"]);
      assert.deepEqual(await of("a.txt"), ["a.txt > a.txt"]);
      assert.deepEqual(await of("B.txt"), ["b.TXT > b.TXT"]);
      writeFileSync(join(directory, "b.txt"), "x");
      assert.deepEqual(await of("b.txt"), ["b.txt > b.txt"]);
    }));

  it("reports names that are not UTF-8, beside the file whose name they would be taken for", () =>
    withDirectory(async (directory) => {
      writeFileSync(join(directory, "caf\ufffd.txt"), "x");
      const bytes = Buffer.concat([Buffer.from(directory), Buffer.from("/caf\xe9.txt", "latin1")]);
      writeFileSync(bytes, "x");
      const items = await collect(
        planUpload({ localDirectory: directory, pattern: "*", directory: "" }),
      );
      const messages = items.map(({ error }) => (error as Error | undefined)?.message ?? "stored");
      assert.deepEqual(messages.sort(), [
        '"caf\\xe9.txt" is not stored: its name is not UTF-8. Rename it, or store it from standard input (put - NAME)',
        "stored",
      ]);
    }));

  it("reports names that the server would take for something else", () =>
    withDirectory(async (directory) => {
      for (const name of ["a\\b", "a:b", "fine"]) writeFileSync(join(directory, name), "x");
      const items = await collect(
        planUpload({ localDirectory: directory, pattern: "*", directory: "" }),
      );
      assert.deepEqual(shown(items, directory), ["a:b: failed", "a\\b: failed", "fine > fine"]);
    }));

  it(
    "reports a directory that cannot be read",
    { skip: process.getuid?.() === 0 && "root reads all" },
    () =>
      withDirectory(async (directory) => {
        mkdirSync(join(directory, "d"));
        chmodSync(join(directory, "d"), 0);
        const items = await collect(
          planUpload({ localDirectory: directory, pattern: "*", directory: "", recurse: true }),
        );
        assert.deepEqual(shown(items, directory), ["d > d", "d: failed"]);
        chmodSync(join(directory, "d"), 0o700);
      }),
  );
});
