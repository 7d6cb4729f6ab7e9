import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DirectoryEntryError } from "../../../src/core/tree/entry-path.ts";
import type { Tree } from "../../../src/core/tree/tree.ts";
import { type WalkOptions, walkTree } from "../../../src/core/tree/walk-tree.ts";
import { WalkedDirectory } from "../../../src/core/tree/walked-directory.ts";
import {
  directoryOf,
  entryOf,
  FakeDirectories,
  type FakeDirectory,
} from "../../support/fake-directory.ts";
import { connected } from "../../support/fake-session.ts";

async function share(directories: Readonly<Record<string, FakeDirectory>>) {
  const all = await connected();
  return { ...all, directories: new FakeDirectories(all.server, directories) };
}

/** What a walk comes to, one word each: paths, with `!` for what went wrong there. */
async function walk(tree: Tree, options: WalkOptions = {}, directory = ""): Promise<string[]> {
  const steps: string[] = [];
  for await (const { walked, error } of walkTree(tree, directory, options)) {
    const where = walked.path ?? `${walked.entry.name}!`;
    steps.push(error === undefined ? where : `${where}!`);
  }
  return steps;
}

const DOTS = [directoryOf("."), directoryOf("..")];
const SYMLINK = 0xa000_000c;
const MOUNT_POINT = 0xa000_0003;
const DEDUP = 0x8000_0013;
const ONEDRIVE = 0x9000_001a;
const REPARSE = 0x400;

describe("a walk", () => {
  it("comes to a directory before what is in it, in the server's order", async () => {
    const { tree, directories } = await share({
      "": { batches: [[...DOTS, entryOf("a"), directoryOf("d")], [entryOf("z")]] },
      d: { batches: [[...DOTS, directoryOf("e"), entryOf("f")]] },
      "d\\e": { batches: [DOTS] },
    });
    assert.deepEqual(await walk(tree), ["a", "d", "d\\e", "d\\f", "z"]);
    assert.deepEqual(await walk(tree, { recurse: false }), ["a", "d", "z"]);
    assert.deepEqual(await walk(tree, { enters: ({ path }) => path !== "d" }), ["a", "d", "z"]);
    assert.equal(directories.open.size, 0);
  });

  it("makes no path of a name that is none, and goes on", async () => {
    const names = ["a\\b", "a/b", "log:12", "n\0l", "..\\x", ""];
    const { tree, server } = await share({
      "": { batches: [[...DOTS, ...names.map((name) => directoryOf(name)), entryOf("good")]] },
    });
    assert.deepEqual(await walk(tree), [...names.map((name) => `${name}!`), "good"]);
    const opened = server.requests.filter(({ header }) => header.command === 5);
    assert.equal(opened.length, 1);
  });

  it("takes a colon where the name was asked for as it is", async () => {
    const { tree } = await share({ "": { batches: [[entryOf("log:12")]] } });
    assert.deepEqual(await walk(tree, { pattern: "log:12" }), ["log:12"]);
    assert.deepEqual(await walk(tree, { pattern: "log*" }), ["log:12!"]);
  });

  it("enters what only looks like a link, and links only where they are named", async () => {
    const entries = [
      directoryOf("symlink", { attributes: 0x10 | REPARSE, reparseTag: SYMLINK }),
      directoryOf("junction", { attributes: 0x10 | REPARSE, reparseTag: MOUNT_POINT }),
      directoryOf("unknown", { attributes: 0x10 | REPARSE, reparseTag: 0 }),
      directoryOf("dedup", { attributes: 0x10 | REPARSE, reparseTag: DEDUP }),
      directoryOf("cloud", { attributes: 0x10 | REPARSE, reparseTag: ONEDRIVE }),
    ];
    const inside = { batches: [[entryOf("f")]] };
    const { tree } = await share({
      "": { batches: [entries] },
      ...{ symlink: inside, junction: inside, unknown: inside, dedup: inside, cloud: inside },
    });
    assert.deepEqual(await walk(tree), [
      ...["symlink", "junction", "unknown", "dedup", "dedup\\f", "cloud", "cloud\\f"],
    ]);
    assert.deepEqual(await walk(tree, { pattern: "symlink" }), ["symlink", "symlink\\f"]);
  });

  it("knows a directory again by the number of its file and volume", async () => {
    const circle = { batches: [[directoryOf("loop"), entryOf("f")]], onDisk: [7n, 1n] } as const;
    const { tree, directories } = await share({
      "": { ...circle, batches: [[directoryOf("loop"), directoryOf("other"), entryOf("f")]] },
      loop: circle,
      // The same number on another volume is another directory.
      other: { batches: [[entryOf("f")]], onDisk: [7n, 2n] },
    });
    assert.deepEqual(await walk(tree), ["loop", "loop!", "other", "other\\f", "f"]);
    assert.equal(directories.open.size, 0);
  });

  it("knows a directory again by its number in the listing where CREATE gives none", async () => {
    const entries = [
      directoryOf(".", { fileId: 7n }),
      directoryOf("loop", { fileId: 7n }),
      directoryOf("mount", { fileId: 7n, creationTime: 2n }),
      directoryOf("none", { fileId: 0n }),
      directoryOf("ones", { fileId: 0xffff_ffff_ffff_ffffn }),
    ];
    const inside = { batches: [[entryOf("f")]] };
    const { tree } = await share({
      "": { batches: [entries] },
      ...{ loop: { batches: [entries] }, mount: inside, none: inside, ones: inside },
    });
    const found = await walk(tree);
    assert.deepEqual(
      found.filter((each) => each.endsWith("!")),
      ["loop!"],
    );
    assert.ok(["mount\\f", "none\\f", "ones\\f"].every((each) => found.includes(each)));
  });

  it("that deletes knows the directories above where it begins", async () => {
    const { tree } = await share({
      "": { batches: [], onDisk: [1n, 1n] },
      d: { batches: [], onDisk: [2n, 1n] },
      "d\\e": { batches: [[directoryOf("up")]], onDisk: [3n, 1n] },
      "d\\e\\up": { batches: [[entryOf("precious")]], onDisk: [1n, 1n] },
    });
    const start = WalkedDirectory.at(tree, "d\\e");
    await start.identifyAncestors();
    for await (const { entries } of start.batches()) {
      const [up] = entries;
      await assert.rejects(async () => {
        for await (const _ of up?.below?.batches() ?? []) assert.fail("it was entered");
      }, DirectoryEntryError);
    }
  });

  it("that is left anywhere closes all it has opened, also what was listed ahead", async () => {
    const names = ["d0", "d1", "d2", "d3", "d4"];
    const inside = { batches: [[entryOf("f")], [entryOf("g")], [entryOf("h")]] };
    const all = Object.fromEntries(names.map((name) => [name, inside]));
    const root = { batches: [names.map((name) => directoryOf(name)), [entryOf("z")]] };
    for (let steps = 1; steps <= 6; steps += 1) {
      const { tree, directories } = await share({ "": root, ...all });
      const walking = walkTree(tree, "");
      for (let step = 0; step < steps; step += 1) await walking.next();
      assert.notEqual(directories.open.size, 0, `${steps}`);
      await walking.return(undefined);
      assert.equal(directories.open.size, 0, `${steps} steps`);
    }
  });

  it("that is left while the server takes its time closes what comes then", async () => {
    const inside = { batches: [[entryOf("f")]] };
    const { tree, directories } = await share({
      "": { batches: [[directoryOf("a"), directoryOf("b")]] },
      ...{ a: inside, b: inside },
    });
    const walking = walkTree(tree, "");
    await walking.next();
    let goOn = (): void => {};
    directories.delay = new Promise((resolve) => {
      goOn = resolve;
    });
    const leaving = walking.return(undefined);
    goOn();
    await leaving;
    assert.equal(directories.open.size, 0);
  });
});
