import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { downloadFile, uploadFile } from "../../../src/cli/transfer/index.ts";
import { NtStatus, TransferError } from "../../../src/core/index.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import { pattern } from "../../core/file/pattern.ts";
import { rig } from "./rig.ts";
import { withDirectory } from "./with-directory.ts";

const resume = { resume: true };
const whole = pattern(200_000);

describe("a resumed download", () => {
  it("fetches what is missing, from any point, in any order", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      await fc.assert(
        fc.asyncProperty(
          fc.nat(9000),
          fc.nat(9000),
          fc.infiniteStream(fc.nat(50)),
          async (a, b, order) => {
            const [start, size] = [Math.min(a, b), Math.max(a, b)];
            writeFileSync(path, pattern(start));
            const { share, env } = await rig({ pick: () => order.next().value as number });
            share.add("f", pattern(size));
            const file = await downloadFile(env, "f", path, resume);
            assert.deepEqual(new Uint8Array(readFileSync(path)), pattern(size));
            assert.deepEqual([file.size, file.bytes], [size, size - start]);
            assert.equal(share.opens.size, 0);
          },
        ),
        { numRuns: 30 },
      );
    }));

  it("compares the end of what is there, and touches nothing where it differs", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const other = pattern(100_000);
      other[99_000] = (other[99_000] ?? 0) ^ 1;
      writeFileSync(path, other);
      const { share, env } = await rig();
      share.add("f", whole);
      await assert.rejects(
        downloadFile(env, "f", path, resume),
        (error: unknown) =>
          error instanceof TransferError && /differ: not resumed/.test(error.message),
      );
      assert.deepEqual(new Uint8Array(readFileSync(path)), other);
    }));

  it("refuses a local file that is larger", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      writeFileSync(path, pattern(11));
      const { share, env } = await rig();
      share.add("f", pattern(10));
      await assert.rejects(downloadFile(env, "f", path, resume), /more than the 10 of/);
      assert.equal(statSync(path).size, 11);
    }));

  it("leaves a beginning without a gap when it breaks off, and can go on from there", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const { share, env } = await rig({
        chunkSize: 1000,
        pick: (waiting) => waiting - 1,
        fault: ({ command, message }) =>
          command === Command.READ && (message as { offset: number }).offset === 150_000
            ? { status: NtStatus.FILE_LOCK_CONFLICT }
            : undefined,
      });
      share.add("f", whole);
      await assert.rejects(downloadFile(env, "f", path, resume));
      const { size } = existsSync(path) ? statSync(path) : { size: 0 };
      assert.ok(size <= 150_000);
      if (size > 0) assert.deepEqual(new Uint8Array(readFileSync(path)), pattern(size));
      const again = await rig();
      again.share.add("f", whole);
      await downloadFile(again.env, "f", path, resume);
      assert.deepEqual(new Uint8Array(readFileSync(path)), whole);
    }));

  it("makes no local file for a remote one that is not there", () =>
    withDirectory(async (directory) => {
      const { env } = await rig();
      await assert.rejects(downloadFile(env, "nosuch", join(directory, "f"), resume));
      assert.equal(existsSync(join(directory, "f")), false);
    }));
});

describe("a resumed upload", () => {
  it("sends what is missing to where it belongs", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      await fc.assert(
        fc.asyncProperty(
          fc.nat(9000),
          fc.nat(9000),
          fc.infiniteStream(fc.nat(50)),
          async (a, b, order) => {
            const [start, size] = [Math.min(a, b), Math.max(a, b)];
            writeFileSync(path, pattern(size));
            const { share, env } = await rig({ pick: () => order.next().value as number });
            if (start > 0) share.add("f", pattern(start));
            const file = await uploadFile(env, path, "f", resume);
            assert.deepEqual(share.files.get("f")?.bytes, pattern(size));
            assert.deepEqual([file.size, file.bytes], [size, size - start]);
            assert.deepEqual([...share.files.keys()], ["f"]);
            assert.equal(share.opens.size, 0);
          },
        ),
        { numRuns: 30 },
      );
    }));

  it("touches nothing where the end differs or the remote file is larger", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      writeFileSync(path, pattern(5000));
      for (const remote of [pattern(3000, 9), pattern(5001)]) {
        const { share, env } = await rig();
        share.add("f", remote.slice());
        await assert.rejects(uploadFile(env, path, "f", resume), /not resumed/);
        assert.deepEqual(share.files.get("f")?.bytes, remote);
        assert.equal(share.opens.size, 0);
      }
    }));

  it("cuts the remote file back to what arrived without a gap when it breaks off", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      writeFileSync(path, whole);
      const { share, env } = await rig({
        pick: (waiting) => waiting - 1,
        fault: ({ command, message }) =>
          command === Command.WRITE && (message as { offset: number }).offset === 50_000
            ? { status: NtStatus.DISK_FULL }
            : undefined,
      });
      share.add("f", pattern(10_000));
      await assert.rejects(uploadFile(env, path, "f", resume));
      const bytes = share.files.get("f")?.bytes ?? new Uint8Array(0);
      assert.ok(bytes.length >= 10_000 && bytes.length <= 50_000, `${bytes.length}`);
      assert.deepEqual(bytes, pattern(bytes.length));
    }));
});
