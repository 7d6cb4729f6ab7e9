import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { uploadFile } from "../../src/cli/transfer/index.ts";
import type { SmbClient } from "../../src/core/index.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { environmentIn, MIB, whenMoved } from "../support/transfers.ts";
import { connectTo, noise } from "./protocol-exercise.ts";

const skip = sambaUnavailable() ?? false;
const TRIES = 12;

describe("transfers that are interrupted, with a real server", { skip }, () => {
  let samba: Samba;
  let client: SmbClient;
  let local: string;
  const bytes = noise(24 * MIB);

  before(async () => {
    samba = await startSamba({ global: { "server multi channel support": "yes" } });
    local = mkdtempSync(join(tmpdir(), "smbx-interrupted-"));
    writeFileSync(join(local, "f"), bytes);
    client = await connectTo(samba, {
      timeoutMs: 20_000,
      multichannel: { connections: 4 },
    });
  });
  after(async () => {
    await client?.close();
    await samba?.stop();
    rmSync(local, { recursive: true, force: true });
  });

  for (const resume of [true, false]) {
    it(`leave a beginning under the real name of an upload${resume ? " that was resumed" : ""}`, async () => {
      const remote = join(samba.sharePath("share"), `f${resume}`);
      for (let round = 0; round < TRIES; round += 1) {
        writeFileSync(remote, bytes.subarray(0, MIB));
        const controller = new AbortController();
        const env = await environmentIn(client, "share", {
          signal: controller.signal,
          settings: { keepTimes: true, inplace: true, jobs: 1, ioSize: 64 * 1024 },
          progress: whenMoved((round + 2) * MIB, () => controller.abort(new Error("Ctrl-C"))),
        });
        const moved = uploadFile(env, join(local, "f"), `f${resume}`, { resume });
        await assert.rejects(moved, /Ctrl-C/);
        const left = readFileSync(remote);
        assert.ok(left.length >= MIB);
        assert.ok(left.equals(bytes.subarray(0, left.length)), `a gap in ${left.length} bytes`);
      }
    });
  }
});
