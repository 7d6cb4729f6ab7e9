import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Job } from "../../../src/cli/oneshot/job.ts";
import { ls } from "../../../src/cli/oneshot/ls.ts";
import { rm } from "../../../src/cli/oneshot/rm.ts";
import { stat } from "../../../src/cli/oneshot/stat.ts";
import { parseCommandLine } from "../../../src/cli/options.ts";
import { smbxPersonality } from "../../../src/cli/personality.ts";
import type { Run } from "../../../src/cli/run.ts";
import { type DirectoryEntry, NtStatus } from "../../../src/core/index.ts";
import { turns } from "../../compliance/transport.ts";
import type { FakeIo } from "../../support/fake-io.ts";
import { fakeShell } from "../../support/fake-shell.ts";
import { FakeTree, failure, file } from "../../support/fake-tree.ts";

const PARTS = 50;

/** A share with a file in each of many parts of its listing. */
class LongTree extends FakeTree {
  parts = 0;
  unlinked = 0;
  stats = 0;

  constructor() {
    super();
    for (let index = 0; index < PARTS; index += 1) this.nodes.set(`f${index}`, file(1));
  }

  override async *list(path: string): AsyncGenerator<readonly DirectoryEntry[]> {
    for await (const batch of super.list(path)) {
      for (const entry of batch) {
        if (entry.name.startsWith(".")) continue;
        this.parts += 1;
        yield [entry];
      }
    }
  }

  override async unlink(path: string): Promise<void> {
    this.unlinked += 1;
    throw failure(NtStatus.ACCESS_DENIED, path);
  }

  override async stat(path: string): ReturnType<FakeTree["stat"]> {
    this.stats += 1;
    return super.stat(path);
  }
}

/** A reader who takes nothing after the first text until `read` is called. */
function slowReader(io: FakeIo): () => void {
  let read = (): void => {};
  const taken = new Promise<void>((resolve) => {
    read = resolve;
  });
  io.drained = () => (io.transcript === "" ? Promise.resolve() : taken);
  return read;
}

/** A subcommand on `tree`, with `--json`. */
function job(tree: LongTree): { readonly job: Job; readonly io: FakeIo } {
  const { io, client } = fakeShell(tree);
  const parsed = parseCommandLine(["ls", "--json", "//nas/share"], smbxPersonality);
  assert.ok(parsed.kind === "subcommand");
  const run = {
    ...{ io, options: parsed.options, personality: smbxPersonality },
    signal: new AbortController().signal,
    connect: async () => client,
    log: { tell: () => undefined },
  };
  return { job: new Job(run as unknown as Run), io };
}

describe("for a slow reader", () => {
  async function expectPatience(io: FakeIo, work: () => Promise<unknown>, count: () => number) {
    const read = slowReader(io);
    const working = work();
    await turns(200);
    assert.ok(count() > 0 && count() < PARTS / 2, `${count()} of ${PARTS}`);
    read();
    await working;
    assert.equal(count(), PARTS);
  }

  it("the shell's ls asks for no more of a listing than was read", async () => {
    const tree = new LongTree();
    const { state, io } = fakeShell(tree);
    await expectPatience(
      io,
      () => state.run("ls"),
      () => tree.parts,
    );
  });

  it("del does not go on while its failures are not read", async () => {
    const tree = new LongTree();
    const { state, io } = fakeShell(tree);
    await expectPatience(
      io,
      () => state.run("del *"),
      () => tree.unlinked,
    );
  });

  it("ls --json waits between the parts of a listing", async () => {
    const tree = new LongTree();
    const made = job(tree);
    await expectPatience(
      made.io,
      () => ls(made.job, ["//nas/share"]),
      () => tree.parts,
    );
  });

  it("rm and stat wait between the files", async () => {
    const removed = new LongTree();
    const removing = job(removed);
    await expectPatience(
      removing.io,
      () => rm(removing.job, ["//nas/share/f*"]),
      () => removed.unlinked,
    );
    const shown = new LongTree();
    const showing = job(shown);
    await expectPatience(
      showing.io,
      () => stat(showing.job, ["//nas/share/f*"]),
      () => shown.stats,
    );
  });
});
