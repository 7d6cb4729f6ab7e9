import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openLocalTarget, storeLocalFile } from "../../../src/cli/transfer/local-target.ts";
import { TransferError } from "../../../src/core/index.ts";
import { withDirectory } from "./with-directory.ts";

const never = new AbortController().signal;
const data = Uint8Array.of(1, 2, 3);
const times = { accessUs: 1_600_000_000_000_000, modifyUs: 1_500_000_000_500_000 };

describe("a local target", () => {
  it("appears under its name, with its times, only when it is finished", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const target = await openLocalTarget(path, true);
      await target.write(data, 0, never);
      assert.equal(existsSync(path), false);
      assert.match(readdirSync(directory).join(), /^\.f\.smbx-[a-z0-9]{6}\.part$/);
      await target.finish(3, times);
      assert.deepEqual(readdirSync(directory), ["f"]);
      const { mtimeMs, atimeMs } = statSync(path);
      assert.deepEqual([mtimeMs, atimeMs], [times.modifyUs / 1000, times.accessUs / 1000]);
      assert.deepEqual([...readFileSync(path)], [1, 2, 3]);
    }));

  it("leaves what was there when it is discarded, or is not as large as it must be", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      writeFileSync(path, "old");
      const target = await openLocalTarget(path, true);
      await target.write(data, 0, never);
      await assert.rejects(target.finish(4, undefined), TransferError);
      target.discard();
      target.discard();
      assert.deepEqual(readdirSync(directory), ["f"]);
      assert.equal(readFileSync(path, "utf8"), "old");
    }));

  it("keeps the permissions of the file it replaces", () =>
    withDirectory((directory) => {
      const path = join(directory, "f");
      writeFileSync(path, "old");
      chmodSync(path, 0o640);
      assert.equal(storeLocalFile(path, data, true, undefined), true);
      assert.equal(statSync(path).mode & 0o7777, 0o640);
      assert.deepEqual([...readFileSync(path)], [1, 2, 3]);
    }));

  it("follows a symbolic link to a file, and replaces one that leads nowhere", () =>
    withDirectory((directory) => {
      mkdirSync(join(directory, "d"));
      writeFileSync(join(directory, "d", "real"), "old");
      symlinkSync("d/real", join(directory, "link"));
      symlinkSync("nowhere", join(directory, "dangling"));
      storeLocalFile(join(directory, "link"), data, true, undefined);
      storeLocalFile(join(directory, "dangling"), data, true, undefined);
      assert.equal(lstatSync(join(directory, "link")).isSymbolicLink(), true);
      assert.deepEqual([...readFileSync(join(directory, "d", "real"))], [1, 2, 3]);
      assert.equal(lstatSync(join(directory, "dangling")).isFile(), true);
      assert.equal(existsSync(join(directory, "nowhere")), false);
    }));

  it("makes holes where it was allotted more than is written", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const target = await openLocalTarget(path, true);
      target.allot(1 << 20, [{ offset: 500_000, length: 3 }]);
      await target.write(data, 500_000, never);
      await target.finish(1 << 20, undefined);
      const { size, blocks } = statSync(path);
      assert.equal(size, 1 << 20);
      assert.ok(blocks * 512 < size);
      assert.deepEqual([...readFileSync(path).subarray(499_999, 500_004)], [0, 1, 2, 3, 0]);
    }));

  it("writes to a device as it is and in order, and refuses a directory", () =>
    withDirectory(async (directory) => {
      const target = await openLocalTarget("/dev/null", true);
      const late = target.write(data, 3, never);
      await target.write(data, 0, never);
      await late;
      await target.finish(6, times);
      assert.equal(statSync("/dev/null").isCharacterDevice(), true);
      assert.equal(storeLocalFile("/dev/null", data, true, undefined), false);
      await assert.rejects(openLocalTarget(directory, true), /is a directory/);
    }));

  it("writes to the name itself where no temporary one is wished", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const target = await openLocalTarget(path, false);
      await target.write(data, 0, never);
      assert.deepEqual(readdirSync(directory), ["f"]);
      target.discard();
      assert.deepEqual([...readFileSync(path)], [1, 2, 3]);
    }));

  it("writes under the name itself in order, whatever comes first, holes included", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const target = await openLocalTarget(path, false);
      const ranges = [
        { offset: 2, length: 6 },
        { offset: 10, length: 3 },
      ];
      target.allot(20, ranges);
      const third = target.write(data, 10, never);
      const second = target.write(data, 5, never);
      assert.equal(statSync(path).size, 0);
      await target.write(data, 2, never);
      await Promise.all([second, third]);
      assert.deepEqual([...readFileSync(path)], [0, 0, 1, 2, 3, 1, 2, 3, 0, 0, 1, 2, 3]);
      await target.finish(20, undefined);
      assert.equal(statSync(path).size, 20);
    }));
});
