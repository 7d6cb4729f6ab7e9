import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { operationsDuring } from "../support/rdma-wire.ts";
import { MIB, writeNoise } from "../support/transfers.ts";

/** The proofs of the other suites count packets: here it is seen that they count right. */
describe("RDMA on the wire, counted for the kernel's own client", () => {
  it("4 MiB each way over SMB Direct, and none over TCP", async () => {
    const local = mkdtempSync(join(tmpdir(), "smbx-lab-"));
    try {
      await writeNoise(join(local, "f"), 4 * MIB);
      const move = (wire: string) => async () => {
        execFileSync("lab-mount", [wire]);
        const [from, to] = [join(local, "f"), "/mnt/data/f"];
        execFileSync("dd", [`if=${from}`, `of=${to}`, "bs=1M", "conv=fsync"], { stdio: "ignore" });
        execFileSync("sh", ["-c", "echo 3 >/proc/sys/vm/drop_caches; cat /mnt/data/f >/dev/null"]);
        execFileSync("umount", ["/mnt/data"]);
      };
      const direct = await operationsDuring(local, move("rdma"));
      console.log(`cifs.ko, put and get of 4 MiB: ${JSON.stringify(direct)}`);
      assert.ok(direct.readBytes >= 4 * MIB && direct.writeBytes >= 4 * MIB);
      assert.ok(direct.sends > 0 && direct.sends < 400 && direct.invalidations > 0);
      const tcp = await operationsDuring(local, move("tcp"));
      assert.deepEqual(tcp, { writeBytes: 0, readBytes: 0, sends: 0, invalidations: 0 });
    } finally {
      rmSync(local, { recursive: true, force: true });
    }
  });
});
