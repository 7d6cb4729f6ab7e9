import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Dialect } from "../../src/core/index.ts";
import { sambaUnavailable, startSamba } from "../support/samba.ts";
import { possibleDialects } from "../support/wire.ts";
import {
  changesIn,
  connectTo,
  download,
  exerciseShare,
  noise,
  openDirectory,
  openToWrite,
  sha256,
} from "./protocol-exercise.ts";

describe("a real server that grants few credits", { skip: sambaUnavailable() ?? false }, () => {
  for (const credits of [1, 2, 8, 64]) {
    it(`${credits} of them`, async () => {
      await using samba = await startSamba({ global: { "smb2 max credits": `${credits}` } });
      const dialects = [Dialect.SMB_2_0_2, Dialect.SMB_2_1, Dialect.SMB_3_1_1];
      for (const maxDialect of possibleDialects(dialects)) {
        await using client = await connectTo(samba, { maxDialect });
        const tree = await client.connectTree("share");
        await exerciseShare(tree, samba.sharePath("share"));
        assert.ok(client.connection.creditLimit <= credits, `${client.connection.creditLimit}`);
        const data = noise(2_000_000, credits);
        writeFileSync(join(samba.sharePath("share"), "many.bin"), data);
        const stats = Array.from({ length: 200 }, () => tree.stat("many.bin"));
        await using file = await openToWrite(tree, "many.bin");
        const reads = Array.from({ length: 200 }, async (_, index) => {
          const into = new Uint8Array(100_000);
          const offset = index * 9_000;
          const count = await file.read(into, offset);
          assert.deepEqual(
            Buffer.compare(into.subarray(0, count), data.subarray(offset, offset + count)),
            0,
          );
          return count;
        });
        assert.ok((await Promise.all(reads)).every((count) => count > 0));
        assert.ok((await Promise.all(stats)).every(({ size }) => size === data.length));
        assert.equal(sha256(await download(tree, "many.bin")), sha256(data));
        await file.close();
        await tree.unlink("many.bin");
      }
    });
  }

  it("even where requests that wait hold most of them", async () => {
    await using samba = await startSamba({ global: { "smb2 max credits": "4" } });
    await using client = await connectTo(samba);
    const tree = await client.connectTree("share");
    await using directory = await openDirectory(tree, "");
    const abort = new AbortController();
    const waits = Array.from({ length: 10 }, () => changesIn(directory, abort.signal));
    const settled = Promise.allSettled(waits);
    await exerciseShare(await client.connectTree("share"), samba.sharePath("share"));
    abort.abort(new Error("enough"));
    await settled;
  });
});
