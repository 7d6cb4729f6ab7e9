import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { emptyShare } from "../support/peer.ts";
import { provideBig, runSmbx } from "../support/program.ts";
import { MIB, sha256Of } from "../support/transfers.ts";

// A suite of its own, because its process must not have the device open either.
describe("a siw device that is to be removed while smbx uses it", () => {
  let local: string;
  let expected: string;

  before(async () => {
    local = mkdtempSync(join(tmpdir(), "smbx-lab-"));
    emptyShare();
    expected = await sha256Of(await provideBig(24 * MIB));
  });
  after(() => rmSync(local, { recursive: true, force: true }));

  it("works until smbx ends, for the kernel waits, and not a moment longer", async () => {
    const remove = "!rdma link del rcli0 >/dev/null 2>&1 & echo $! >remove";
    const check = "!kill -0 $(cat remove) && touch waits";
    const { status, stdout, stderr } = await runSmbx({
      commands: `get big a; !sleep 10; channels; ${remove}; get big b; ${check}`,
      directory: local,
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^active +smbdirect/m);
    for (const name of ["a", "b"]) assert.equal(await sha256Of(join(local, name)), expected);
    assert.ok(existsSync(join(local, "waits")), "the kernel has not waited");
    // The name is free when the kernel is done.
    const add = ["link", "add", "rcli0", "type", "siw", "netdev", "cli0"];
    for (let waited = 0; spawnSync("rdma", add).status !== 0; waited += 1) {
      assert.ok(waited < 100, "the device is still there");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
});
