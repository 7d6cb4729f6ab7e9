import assert from "node:assert/strict";
import { it } from "node:test";
import type { ConnectedPlace, Job } from "../../../src/cli/oneshot/job.ts";
import { ls } from "../../../src/cli/oneshot/ls.ts";
import type { FakeIo } from "../../support/fake-io.ts";
import { fakeShell } from "../../support/fake-shell.ts";
import { FakeTree, file } from "../../support/fake-tree.ts";

/** A share of `parts` parts with a file each, and how many of them were asked for. */
function largeShare(parts: number) {
  const tree = new FakeTree({ f: file(1) });
  const listing = tree.list.bind(tree);
  const asked = { parts: 0 };
  tree.list = async function* () {
    for (; asked.parts < parts; asked.parts += 1) {
      for await (const entries of listing("")) if (entries.length === 1) yield entries;
    }
  };
  return { tree, asked };
}

/** Waits until whatever may happen of itself has happened. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
}

/** A reader of `io` that takes nothing of what is written until `read` is called, and then all. */
function slowReader(io: FakeIo) {
  let read = (): void => {};
  const ready = new Promise<void>((resolve) => {
    read = resolve;
  });
  io.drained = () => (io.stdout === "" ? Promise.resolve() : ready);
  return { read };
}

it("ls of the shell lists no more than its reader takes", async () => {
  const { tree, asked } = largeShare(50);
  const { state, io } = fakeShell(tree);
  const reader = slowReader(io);
  const running = state.run("ls");
  await settle();
  assert.equal(asked.parts, 0, "the first part is not taken yet");
  assert.match(io.stdout, /^ {2}f /m);
  reader.read();
  assert.equal((await running).error, undefined);
  assert.equal(asked.parts, 50);
});

for (const isJson of [false, true]) {
  it(`ls as a subcommand lists no more than its reader takes, ${isJson ? "as JSON" : "as text"}`, async () => {
    const { tree, asked } = largeShare(50);
    const { io } = fakeShell(tree);
    const reader = slowReader(io);
    const location = { host: "nas", share: "share" };
    const place = { tree: tree.asTree, path: "", location } as unknown as ConnectedPlace;
    const job = {
      ...{ io, isJson, isRecursive: false, signal: new AbortController().signal },
      emit: (value: object) => io.out(`${JSON.stringify(value)}\n`),
      fail: assert.ifError,
      forEachPlace: (_: unknown, work: (place: ConnectedPlace) => Promise<void>) => work(place),
    } as unknown as Job;
    const running = ls(job, ["//nas/share"]);
    await settle();
    assert.equal(asked.parts, 0, "the first part is not taken yet");
    assert.notEqual(io.stdout, "");
    reader.read();
    await running;
    assert.equal(asked.parts, 50);
  });
}
