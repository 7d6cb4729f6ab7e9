import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
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
import { after, before, describe, it } from "node:test";
import {
  downloadFile,
  downloadMany,
  planDownload,
  planUpload,
  type TransferEnvironment,
  uploadFile,
  uploadMany,
} from "../../src/cli/transfer/index.ts";
import {
  AccessMask,
  CreateDisposition,
  copyChunks,
  READ_ACCESS,
  type SmbClient,
  WRITE_ACCESS,
} from "../../src/core/index.ts";
import { PATIENCE_MS } from "../support/patience.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { environmentIn, leftovers, MIB, sha256Of, whenMoved } from "../support/transfers.ts";
import { connectTo as connectWith } from "./protocol-exercise.ts";

const skip = sambaUnavailable() ?? false;

function connectTo(samba: Samba, timeoutMs = 20_000): Promise<SmbClient> {
  return connectWith(samba, { timeoutMs });
}

function environment(
  client: SmbClient,
  more: Partial<TransferEnvironment> = {},
): Promise<TransferEnvironment> {
  return environmentIn(client, "share", more);
}

describe("transfers with a real server", { skip }, () => {
  let samba: Samba;
  let client: SmbClient;
  let env: TransferEnvironment;
  let local: string;
  let remote: string;

  before(async () => {
    samba = await startSamba();
    local = mkdtempSync(join(tmpdir(), "smbx-transfer-"));
    remote = samba.sharePath("share");
    client = await connectTo(samba);
    env = await environment(client);
  });
  after(async () => {
    await client?.close();
    await samba?.stop();
    rmSync(local, { recursive: true, force: true });
  });

  for (const size of [0, 1, 65_535, 65_536, MIB, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1]) {
    for (const inplace of [false, true]) {
      it(`moves ${size} bytes both ways${inplace ? ", in place" : ""}`, async () => {
        const path = join(local, `f${size}`);
        writeFileSync(path, randomBytes(size));
        utimesSync(path, 1_600_000_000, 1_500_000_000.25);
        const settings = { ...env.settings, inplace };
        const up = await uploadFile({ ...env, settings }, path, `f${size}`);
        const down = await downloadFile(env, `f${size}`, `${path}.back`);
        assert.deepEqual([up.size, down.size], [size, size]);
        assert.equal(await sha256Of(join(remote, `f${size}`)), await sha256Of(path));
        assert.equal(await sha256Of(`${path}.back`), await sha256Of(path));
        assert.equal(statSync(join(remote, `f${size}`)).mtimeMs, 1_500_000_000_250);
        assert.equal(statSync(`${path}.back`).mtimeMs, 1_500_000_000_250);
      });
    }
  }

  it("replaces what is there, and leaves no temporary names on either side", async () => {
    const path = join(local, "again");
    for (const size of [5 * MIB, 10]) {
      writeFileSync(path, randomBytes(size));
      await uploadFile(env, path, "again");
      await downloadFile(env, "again", `${path}.back`);
      assert.equal(await sha256Of(join(remote, "again")), await sha256Of(path));
      assert.equal(await sha256Of(`${path}.back`), await sha256Of(path));
    }
    assert.deepEqual(leftovers(local, remote), []);
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
    assert.ok(statSync(join(remote, "sparse")).blocks * 512 < MIB);
    assert.ok(statSync(`${path}.back`).blocks * 512 < MIB);
    assert.ok(down.bytes < MIB);
  });

  it("resumes both ways, at the right place, and not where the beginnings differ", async () => {
    const path = join(local, "resume");
    const bytes = randomBytes(3 * MIB);
    writeFileSync(path, bytes);
    writeFileSync(join(remote, "resume"), bytes.subarray(0, MIB + 1));
    const up = await uploadFile(env, path, "resume", { resume: true });
    assert.equal(up.bytes, 2 * MIB - 1);
    assert.equal(await sha256Of(join(remote, "resume")), await sha256Of(path));

    writeFileSync(`${path}.back`, bytes.subarray(0, 5000));
    const down = await downloadFile(env, "resume", `${path}.back`, { resume: true });
    assert.equal(down.bytes, 3 * MIB - 5000);
    assert.equal(await sha256Of(`${path}.back`), await sha256Of(path));

    writeFileSync(join(remote, "other"), randomBytes(1000));
    await assert.rejects(uploadFile(env, path, "other", { resume: true }), /differ/);
    assert.equal(statSync(join(remote, "other")).size, 1000);
  });

  it("moves a tree of 2,000 small files both ways", async () => {
    const from = join(local, "tree");
    for (let directory = 0; directory < 20; directory += 1) {
      const sub = join(from, `d${directory % 4}`, `e${directory}`);
      mkdirSync(sub, { recursive: true });
      for (let file = 0; file < 100; file += 1) {
        writeFileSync(join(sub, `f${file}`), `${directory} ${file} ${"x".repeat(file * 40)}`);
      }
    }
    const plan = { localDirectory: from, pattern: "*", directory: "tree", recurse: true };
    await env.tree.mkdir("tree");
    const up = await uploadMany(env, planUpload(plan));
    assert.deepEqual([up.files, up.failures], [2000, []]);
    const to = join(local, "tree.back");
    mkdirSync(to);
    const down = await downloadMany(env, planDownload(env.tree, { ...plan, localDirectory: to }));
    assert.deepEqual([down.files, down.failures], [2000, []]);
    assert.equal(up.bytes, down.bytes);
    for (const name of readdirSync(from, { recursive: true }) as string[]) {
      if (statSync(join(from, name)).isDirectory()) continue;
      const expected = readFileSync(join(from, name));
      assert.ok(readFileSync(join(to, name)).equals(expected), name);
      assert.ok(readFileSync(join(remote, "tree", name)).equals(expected), name);
    }
  });

  it("moves files with odd names", async () => {
    const from = join(local, "odd");
    const to = join(local, "odd.back");
    mkdirSync(from);
    mkdirSync(to);
    mkdirSync(join(remote, "odd"));
    const names = ["a b", "日本語", "😀.txt", "é", "e\u0301", "a;b", "%41", "-rf", "#", "'q'"];
    for (const name of names) writeFileSync(join(from, name), name);
    const up = await uploadMany(
      env,
      planUpload({ localDirectory: from, pattern: "*", directory: "odd" }),
    );
    const down = await downloadMany(
      env,
      planDownload(env.tree, { directory: "odd", pattern: "*", localDirectory: to }),
    );
    assert.deepEqual([...up.failures, ...down.failures], []);
    assert.deepEqual(readdirSync(to).sort(), [...names].sort());
    for (const name of names) assert.equal(readFileSync(join(to, name), "utf8"), name);
  });

  it("stops at Ctrl-C on both sides, and nothing is left", async () => {
    const path = join(local, "abort");
    writeFileSync(path, randomBytes(48 * MIB));
    writeFileSync(join(remote, "abort.down"), randomBytes(48 * MIB));
    const reason = new DOMException("Ctrl-C", "AbortError");
    for (const direction of ["up", "down"] as const) {
      const controller = new AbortController();
      const { signal } = controller;
      const progress = whenMoved(8 * MIB, () => controller.abort(reason));
      const moved = { ...env, signal, progress };
      const moving =
        direction === "up"
          ? uploadFile(moved, path, "abort.up")
          : downloadFile(moved, "abort.down", `${path}.back`);
      await assert.rejects(moving, reason);
    }
    assert.deepEqual(
      readdirSync(remote).filter((name) => name.includes("abort.up")),
      [],
    );
    assert.deepEqual(
      readdirSync(local).filter((name) => name.includes("abort.back")),
      [],
    );
    // The connection is as good as before.
    await downloadFile(env, "f1", join(local, "f1.after"));
  });

  it("copies on the server without moving the bytes", async () => {
    const { tree } = env;
    writeFileSync(join(remote, "copy.from"), randomBytes(20 * MIB + 1));
    await using from = await tree.openFile("copy.from", { access: READ_ACCESS });
    await using to = await tree.openFile("copy.to", {
      access: WRITE_ACCESS | AccessMask.READ_DATA,
      disposition: CreateDisposition.OVERWRITE_IF,
    });
    const steps: number[] = [];
    const copied = await copyChunks(from, to, { onCopied: (bytes) => steps.push(bytes) });
    assert.equal(copied, 20 * MIB + 1);
    assert.deepEqual(steps, [16 * MIB, 4 * MIB + 1]);
    assert.equal(
      await sha256Of(join(remote, "copy.to")),
      await sha256Of(join(remote, "copy.from")),
    );
  });

  it("passes on why the server refuses", async () => {
    const path = join(local, "refused");
    writeFileSync(path, "x");
    await assert.rejects(
      uploadFile(env, path, "nosuch\\refused"),
      /NT_STATUS_OBJECT_PATH_NOT_FOUND/,
    );
  });
});

describe("transfers whose server goes away", { skip }, () => {
  const ways = [
    ["dies", "SIGKILL"],
    ["falls silent", "SIGSTOP"],
  ] as const;
  for (const [how, signal] of ways) {
    for (const direction of ["up", "down"] as const) {
      it(`fails in time and leaves no wrong file where it ${how} (${direction})`, async () => {
        const samba = await startSamba();
        const local = mkdtempSync(join(tmpdir(), "smbx-transfer-"));
        try {
          await losesTheServer(samba, local, direction, signal);
        } finally {
          samba.signal("SIGCONT");
          await samba.stop();
          rmSync(local, { recursive: true, force: true });
        }
      });
    }
  }
});

async function losesTheServer(
  samba: Samba,
  local: string,
  direction: "up" | "down",
  signal: NodeJS.Signals,
): Promise<void> {
  const isUp = direction === "up";
  const remote = samba.sharePath("share");
  const bytes = randomBytes(48 * MIB);
  writeFileSync(join(local, "f"), bytes);
  writeFileSync(join(local, "old"), "old");
  writeFileSync(join(remote, "f"), isUp ? "old" : bytes);
  const client = await connectTo(samba, 2000);
  const progress = whenMoved(8 * MIB, () => samba.signal(signal));
  const env = await environment(client, { progress });
  const startedAt = performance.now();
  const moving = isUp
    ? uploadFile(env, join(local, "f"), "f")
    : downloadFile(env, "f", join(local, "old"));
  await assert.rejects(moving, (error: unknown) =>
    /ERR_SMB_(?:TRANSPORT|TIMEOUT)/.test((error as { code: string }).code),
  );
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < PATIENCE_MS, `${tookMs} ms`);
  assert.equal(readFileSync(isUp ? join(remote, "f") : join(local, "old"), "utf8"), "old");
  assert.deepEqual(readdirSync(local).sort(), ["f", "old"]);
  await client.close();
}
