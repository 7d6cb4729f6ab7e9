import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import {
  downloadFile,
  downloadMany,
  planDownload,
  planUpload,
  type TransferEnvironment,
  uploadFile,
  uploadMany,
} from "../../../src/cli/transfer/index.ts";
import {
  AccessMask,
  CreateDisposition,
  copyChunks,
  READ_ACCESS,
  type SmbClient,
  WRITE_ACCESS,
} from "../../../src/core/index.ts";
import { connectToPeer, diskOf, emptyShare, giveToUser, peer } from "../support/peer.ts";
import {
  differences,
  environmentOf,
  freshDirectory,
  leftovers,
  MIB,
  sha256Of,
  whenMoved,
  writeMany,
  writeNoise,
} from "../support/transfers.ts";

const remote = diskOf(peer.share);
const SIZES = [0, 1, 65_535, 65_536, MIB, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1];

describe("transfers with ksmbd over TCP", () => {
  let client: SmbClient;
  let env: TransferEnvironment;
  let local: string;

  before(async () => {
    local = mkdtempSync(join(tmpdir(), "smbx-lab-"));
    client = await connectToPeer();
    env = await environmentOf(client);
  });
  after(async () => {
    await client?.close();
    rmSync(local, { recursive: true, force: true });
  });
  beforeEach(() => {
    emptyShare();
    freshDirectory(local);
  });

  for (const size of SIZES) {
    it(`moves ${size} bytes both ways, and again in place`, async () => {
      const path = join(local, "f");
      for (const inplace of [false, true]) {
        writeFileSync(path, randomBytes(size));
        utimesSync(path, 1_600_000_000, 1_500_000_000.25);
        const settings = { ...env.settings, inplace };
        const up = await uploadFile({ ...env, settings }, path, "f");
        const down = await downloadFile(env, "f", `${path}.back`);
        assert.deepEqual([up.size, down.size], [size, size]);
        assert.equal(await sha256Of(join(remote, "f")), await sha256Of(path));
        assert.equal(await sha256Of(`${path}.back`), await sha256Of(path));
        assert.equal(statSync(join(remote, "f")).mtimeMs, 1_500_000_000_250);
        assert.equal(statSync(`${path}.back`).mtimeMs, 1_500_000_000_250);
      }
      assert.deepEqual(leftovers(local, remote), []);
    });
  }

  it("moves 256 MiB both ways", async () => {
    const path = join(local, "big");
    await writeNoise(path, 256 * MIB);
    const expected = await sha256Of(path);
    await uploadFile(env, path, "big");
    assert.equal(await sha256Of(join(remote, "big")), expected);
    await downloadFile(env, "big", `${path}.back`);
    assert.equal(await sha256Of(`${path}.back`), expected);
  });

  it("moves a tree of 1,000 small files both ways", async () => {
    const [from, to] = [join(local, "tree"), freshDirectory(join(local, "back"))];
    writeMany(from, 1000);
    await env.tree.mkdir("tree");
    const plan = { localDirectory: from, pattern: "*", directory: "tree", recurse: true };
    const up = await uploadMany(env, planUpload(plan));
    assert.deepEqual([up.files, up.failures], [1000, []]);
    const down = await downloadMany(env, planDownload(env.tree, { ...plan, localDirectory: to }));
    assert.deepEqual([down.files, down.failures], [1000, []]);
    assert.deepEqual(differences(from, to), []);
    assert.deepEqual(differences(from, join(remote, "tree")), []);
  });

  it("keeps holes both ways", async () => {
    const path = join(local, "sparse");
    const fd = openSync(path, "w");
    ftruncateSync(fd, 64 * MIB);
    writeSync(fd, randomBytes(1000), 0, 1000, 40 * MIB - 7);
    closeSync(fd);
    const up = await uploadFile(env, path, "sparse");
    assert.ok(up.bytes <= 2 * 65_536);
    const down = await downloadFile(env, "sparse", `${path}.back`);
    assert.equal(await sha256Of(join(remote, "sparse")), await sha256Of(path));
    assert.equal(await sha256Of(`${path}.back`), await sha256Of(path));
    assert.ok(statSync(`${path}.back`).blocks * 512 < MIB);
    assert.ok(down.bytes < MIB);
  });

  it("resumes both ways, at the right place, and not where the beginnings differ", async () => {
    const path = join(local, "resume");
    const bytes = randomBytes(3 * MIB);
    writeFileSync(path, bytes);
    writeFileSync(join(remote, "resume"), bytes.subarray(0, MIB + 1));
    giveToUser(join(remote, "resume"));
    const up = await uploadFile(env, path, "resume", { resume: true });
    assert.equal(up.bytes, 2 * MIB - 1);
    assert.equal(await sha256Of(join(remote, "resume")), await sha256Of(path));
    writeFileSync(`${path}.back`, bytes.subarray(0, 5000));
    const down = await downloadFile(env, "resume", `${path}.back`, { resume: true });
    assert.equal(down.bytes, 3 * MIB - 5000);
    assert.equal(await sha256Of(`${path}.back`), await sha256Of(path));
    writeFileSync(join(remote, "other"), randomBytes(1000));
    giveToUser(join(remote, "other"));
    await assert.rejects(uploadFile(env, path, "other", { resume: true }), /differ/);
  });

  it("moves files with odd names", async () => {
    const [from, to] = [freshDirectory(join(local, "odd")), freshDirectory(join(local, "back"))];
    await env.tree.mkdir("odd");
    const names = ["a b", "日本語", "😀.txt", "é", "e\u0301", "a;b", "%41", "-rf", "#", "'q'"];
    for (const name of names) writeFileSync(join(from, name), name);
    const plan = { localDirectory: from, pattern: "*", directory: "odd" };
    const up = await uploadMany(env, planUpload(plan));
    const down = await downloadMany(env, planDownload(env.tree, { ...plan, localDirectory: to }));
    assert.deepEqual([...up.failures, ...down.failures], []);
    assert.deepEqual(differences(from, to), []);
    assert.deepEqual(differences(from, join(remote, "odd")), []);
  });

  it("stops at Ctrl-C on both sides, and nothing is left", async () => {
    const path = join(local, "abort");
    await writeNoise(path, 64 * MIB);
    await writeNoise(join(remote, "abort"), 64 * MIB);
    const reason = new DOMException("Ctrl-C", "AbortError");
    for (const direction of ["up", "down"] as const) {
      const controller = new AbortController();
      const progress = whenMoved(8 * MIB, () => controller.abort(reason));
      const moved = { ...env, signal: controller.signal, progress };
      const moving =
        direction === "up"
          ? uploadFile(moved, path, "up")
          : downloadFile(moved, "abort", join(local, "down"));
      await assert.rejects(moving, reason);
    }
    assert.deepEqual(readdirSync(remote), ["abort"]);
    assert.deepEqual(readdirSync(local), ["abort"]);
    await downloadFile(env, "abort", join(local, "after"));
  });

  it("copies on the server without moving the bytes", async () => {
    const { tree } = env;
    writeFileSync(join(remote, "from"), randomBytes(20 * MIB + 1));
    await using from = await tree.openFile("from", { access: READ_ACCESS });
    await using to = await tree.openFile("to", {
      access: WRITE_ACCESS | AccessMask.READ_DATA,
      disposition: CreateDisposition.OVERWRITE_IF,
    });
    assert.equal(await copyChunks(from, to), 20 * MIB + 1);
    assert.equal(await sha256Of(join(remote, "to")), await sha256Of(join(remote, "from")));
  });

  it("passes on why the server refuses", async () => {
    writeFileSync(join(local, "refused"), "x");
    const moving = uploadFile(env, join(local, "refused"), "nosuch\\refused");
    await assert.rejects(moving, /NT_STATUS_OBJECT_PATH_NOT_FOUND/);
    assert.equal(readFileSync(join(local, "refused"), "utf8"), "x");
  });
});
