import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Finished } from "../../support/program.ts";
import { emptyShare, peer } from "../support/peer.ts";
import { provideBig, runSmbx } from "../support/program.ts";
import { freshDirectory, MIB, sha256Of } from "../support/transfers.ts";

const SIZE = 20 * MIB;

/** A user whom the limit holds for, and who may not raise it. */
function asNobody(kibibytes: number): readonly string[] {
  const limit = `--memlock=${kibibytes * 1024}:${kibibytes * 1024}`;
  const user = ["--reuid=nobody", "--regid=nogroup", "--clear-groups"];
  return ["prlimit", limit, "setpriv", ...user];
}

describe(`a user who may lock little memory, over ${peer.rdma}`, () => {
  let local: string;
  let expected: string;

  before(async () => {
    local = mkdtempSync(join(tmpdir(), "smbx-lab-"));
    chmodSync(local, 0o755);
    emptyShare();
    expected = await sha256Of(await provideBig(SIZE));
  });
  after(() => rmSync(local, { recursive: true, force: true }));

  function run(kibibytes: number, commands: string, ...args: string[]): Promise<Finished> {
    const directory = freshDirectory(join(local, "program"));
    chmodSync(directory, 0o777);
    return runSmbx({ args, commands, wrapper: asNobody(kibibytes), directory });
  }

  const fetched = (name: string): Promise<string> => sha256Of(join(local, "program", name));

  // Nothing; the buffers of one connection and a little more; what systemd gives everybody.
  for (const kibibytes of [64, 1024, 8192]) {
    it(`gets a file where nothing is asked for, with ${kibibytes} KiB`, async () => {
      const { status, stdout, stderr } = await run(
        kibibytes,
        "get big a; !sleep 10; get big b; channels",
      );
      console.log(stdout + stderr);
      assert.equal(status, 0, stdout + stderr);
      assert.match(stdout, kibibytes < 1024 ? /RLIMIT_MEMLOCK allows 64 KiB only/ : /^active /m);
      for (const name of ["a", "b"]) assert.equal(await fetched(name), expected);
    });

    it(`gets it over SMB Direct or says why not, with ${kibibytes} KiB`, async () => {
      const { status, stdout, stderr } = await run(
        kibibytes,
        "get big a; channels",
        ...["--transport", "smbdirect"],
      );
      console.log(stdout + stderr);
      assert.notEqual(status, undefined, `it hangs: ${stdout + stderr}`);
      if (status === 0) return assert.equal(await fetched("a"), expected);
      assert.match(stdout + stderr, /RLIMIT_MEMLOCK .*\(ulimit -l/);
      assert.deepEqual(readdirSync(join(local, "program")), []);
    });
  }
});
