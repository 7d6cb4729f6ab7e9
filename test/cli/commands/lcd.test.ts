import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { smbclientPersonality, smbxPersonality } from "../../../src/cli/personality.ts";
import { fakeShell } from "../../support/fake-shell.ts";
import { FakeTree } from "../../support/fake-tree.ts";

describe("lcd ~", () => {
  for (const personality of [smbclientPersonality, smbxPersonality]) {
    it(`names the directory that is meant, as ${personality.name}`, async () => {
      const { HOME: home } = process.env;
      process.env["HOME"] = "/nosuch/$&";
      try {
        const { state, io } = fakeShell(new FakeTree(), { personality });
        await state.run("lcd ~/x");
        assert.equal(io.transcript, "chdir to /nosuch/$&/x failed (No such file or directory)\n");
      } finally {
        process.env["HOME"] = home;
      }
    });
  }
});
