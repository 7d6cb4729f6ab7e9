import assert from "node:assert/strict";
import { it } from "node:test";
import { smbclientPersonality, smbxPersonality } from "../../../src/cli/personality.ts";
import { NtStatus } from "../../../src/core/index.ts";
import { fakeShell } from "../../support/fake-shell.ts";
import { FakeTree, file } from "../../support/fake-tree.ts";

it("du prints its sum where the server does not say how much space is free", async () => {
  for (const personality of [smbxPersonality, smbclientPersonality]) {
    const tree = new FakeTree({ a: file(5), b: file(7) });
    tree.refuse("fsSize", "", NtStatus.ACCESS_DENIED);
    const { state, io } = fakeShell(tree, { personality });
    const { error } = await state.run("du");
    assert.match(io.transcript, /^Error in dskattr: NT_STATUS_ACCESS_DENIED$/m);
    assert.match(io.transcript, /^Total number of bytes: 12$/m);
    assert.notEqual(error, undefined);
  }
});

it("du leaves a size that no file can have out of its sum, and fails", async () => {
  const tree = new FakeTree({ a: file(5), b: file(Number.MAX_SAFE_INTEGER) });
  const { state, io } = fakeShell(tree);
  const { error } = await state.run("du");
  assert.match(io.transcript, /^Total number of bytes: 5$/m);
  assert.match(io.transcript, /no valid size for \\b$/m);
  assert.notEqual(error, undefined);
});
