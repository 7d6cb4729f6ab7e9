import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FatalFailure } from "../../../src/cli/transfer/fatal-failure.ts";
import { uploadFile, uploadMany } from "../../../src/cli/transfer/index.ts";
import {
  fileTimeFromUnixMs,
  NtStatus,
  NtStatusError,
  TransferError,
  TransportClosedError,
} from "../../../src/core/index.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import type { Fault, Operation } from "../../core/file/memory-share.ts";
import { pattern } from "../../core/file/pattern.ts";
import { rig } from "./rig.ts";
import { withDirectory } from "./with-directory.ts";

const writeAt = (offset: number) => (operation: Operation) =>
  operation.command === Command.WRITE && (operation.message as { offset: number }).offset >= offset;

describe("uploadFile", () => {
  it("stores any size byte for byte, in any order, and leaves nothing else", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      await fc.assert(
        fc.asyncProperty(
          fc.nat(6000),
          fc.boolean(),
          fc.infiniteStream(fc.nat(50)),
          async (size, inplace, order) => {
            writeFileSync(path, pattern(size));
            const { share, env } = await rig({ inplace, pick: () => order.next().value as number });
            share.add("d\\f", pattern(10_000, 7));
            const file = await uploadFile(env, path, "d\\f");
            assert.deepEqual([...share.files.keys()], ["d\\f"]);
            assert.deepEqual(share.files.get("d\\f")?.bytes, pattern(size));
            assert.deepEqual([file.size, file.bytes], [size, size]);
            assert.equal(share.opens.size, 0);
          },
        ),
        { numRuns: 40 },
      );
    }));

  it("takes the local time along, unless told otherwise", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      for (const size of [10, 5000]) {
        writeFileSync(path, pattern(size));
        utimesSync(path, 1_500_000_000, 1_500_000_000.25);
        const { share, env } = await rig();
        await uploadFile(env, path, "f");
        assert.equal(share.files.get("f")?.lastWriteTime, fileTimeFromUnixMs(1_500_000_000_250));
        await uploadFile({ ...env, settings: { ...env.settings, keepTimes: false } }, path, "g");
        assert.notEqual(share.files.get("g")?.lastWriteTime, fileTimeFromUnixMs(1_500_000_000_250));
      }
    }));

  const refused = { status: NtStatus.ACCESS_DENIED };
  const faults: readonly [name: string, fault: (operation: Operation) => Fault | undefined][] = [
    ["a WRITE fails", (o) => (writeAt(2000)(o) ? { status: NtStatus.DISK_FULL } : undefined)],
    ["a WRITE is lost", (o) => (writeAt(4000)(o) ? { lostWrite: true } : undefined)],
    ["setting the times fails", (o) => (isSetInfo(o, 4) ? refused : undefined)],
    ["the rename fails", (o) => (isSetInfo(o, 10) ? refused : undefined)],
  ];
  for (const [name, fault] of faults) {
    it(`keeps the old file and leaves no other where ${name}`, () =>
      withDirectory(async (directory) => {
        const path = join(directory, "f");
        writeFileSync(path, pattern(5000));
        const { share, env } = await rig({ fault });
        share.add("f", pattern(10, 3));
        await assert.rejects(uploadFile(env, path, "f"));
        assert.deepEqual([...share.files.keys()], ["f"]);
        assert.deepEqual(share.files.get("f")?.bytes, pattern(10, 3));
        assert.equal(share.opens.size, 0);
      }));
  }

  it("can be aborted at any point", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      writeFileSync(path, pattern(9000));
      const reason = new DOMException("Ctrl-C", "AbortError");
      for (let at = 0; at < 18; at += 1) {
        let controller: AbortController | undefined;
        const { share, env, ...rest } = await rig({
          fault: ({ index }) => {
            if (index === at + 1) controller?.abort(reason);
            return undefined;
          },
        });
        controller = rest.controller;
        share.add("f", pattern(10, 3));
        const outcome = await uploadFile(env, path, "f").catch((error: unknown) => error);
        if (outcome instanceof Error) assert.equal(outcome, reason);
        assert.deepEqual([...share.files.keys()], ["f"]);
        const size = share.files.get("f")?.bytes.length;
        assert.ok(size === 10 || size === 9000, `${size}`);
        assert.equal(share.opens.size, 0);
      }
    }));

  it("suggests --inplace where the directory forbids what the temporary name needs", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      writeFileSync(path, "x");
      const { env, share } = await rig({ fault: (o) => (isSetInfo(o, 10) ? refused : undefined) });
      share.add("f", pattern(3));
      await assert.rejects(
        uploadFile(env, path, "f"),
        (error: unknown) =>
          error instanceof NtStatusError &&
          error.status === NtStatus.ACCESS_DENIED &&
          error.message.includes("--inplace"),
      );
    }));

  it("sends nothing where a directory has the name, if it is to look first", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      for (const size of [0, 10, 5000]) {
        writeFileSync(path, pattern(size));
        const { env, share } = await rig();
        share.add("d", new Uint8Array(0), { isDirectory: true });
        await assert.rejects(
          uploadFile(env, path, "d", { looksFirst: true }),
          (error: unknown) =>
            error instanceof NtStatusError && error.status === NtStatus.FILE_IS_A_DIRECTORY,
        );
        assert.deepEqual([...share.files.keys()], ["d"]);
        assert.equal(share.files.get("d")?.isDirectory, true);
        assert.equal(share.opens.size, 0);
        assert.ok(size < 1000 || !share.commands.includes(Command.WRITE));
      }
    }));

  it("does not look where a small file is new", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      writeFileSync(path, pattern(10));
      const { env, share } = await rig();
      await uploadFile(env, path, "f", { looksFirst: true });
      assert.equal(share.frames, 1);
    }));

  it("refuses a local file that grows or shrinks meanwhile", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      for (const change of [() => appendFileSync(path, "more"), () => truncateSync(path, 4000)]) {
        writeFileSync(path, pattern(5000));
        let isChanged = false;
        const { share, env } = await rig({
          fault: ({ command }) => {
            if (command === Command.WRITE && !isChanged) {
              isChanged = true;
              change();
            }
            return undefined;
          },
        });
        await assert.rejects(uploadFile(env, path, "f"), TransferError);
        assert.deepEqual([...share.files.keys()], []);
      }
    }));

  it("keeps holes, and zeros that are none", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const bytes = new Uint8Array(600_000);
      bytes.set(pattern(100), 300_000);
      writeFileSync(path, bytes.subarray(0, 0));
      truncateSync(path, 600_000);
      const { writeSync, openSync, closeSync } = await import("node:fs");
      const fd = openSync(path, "r+");
      writeSync(fd, bytes, 300_000, 100, 300_000);
      closeSync(fd);
      const { share, env } = await rig({ chunkSize: 65_536 });
      const file = await uploadFile(env, path, "f");
      assert.ok(statSync(path).blocks * 512 < 600_000);
      assert.deepEqual(share.files.get("f")?.bytes, bytes);
      assert.deepEqual([file.size, file.bytes], [600_000, 65_536]);
      assert.equal((share.files.get("f")?.attributes ?? 0) & 0x200, 0x200);
    }));

  it("sends a pipe to its end", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "pipe");
      execFileSync("mkfifo", [path]);
      const { share, env } = await rig();
      const { createWriteStream } = await import("node:fs");
      createWriteStream(path).end(Buffer.from(pattern(5000)));
      const file = await uploadFile(env, path, "f");
      assert.equal(file.size, 5000);
      assert.deepEqual(share.files.get("f")?.bytes, pattern(5000));
    }));

  it("refuses a directory, and a local file that is not there", () =>
    withDirectory(async (directory) => {
      const { env } = await rig();
      await assert.rejects(uploadFile(env, directory, "f"), /is a directory/);
      await assert.rejects(uploadFile(env, join(directory, "nosuch"), "f"), { code: "ENOENT" });
    }));
});

describe("uploadMany", () => {
  it("makes directories before what is in them, and reports what could not be done", () =>
    withDirectory(async (directory) => {
      for (const name of ["a", "b", "c"]) writeFileSync(join(directory, name), pattern(10));
      const { share, env, failures } = await rig({
        pick: (waiting) => waiting - 1,
        fault: ({ command, message }) =>
          command === Command.CREATE && (message as { name: string }).name === "bad"
            ? { status: NtStatus.ACCESS_DENIED }
            : undefined,
      });
      share.add("there", new Uint8Array(0), { isDirectory: true });
      const summary = await uploadMany(env, [
        { localPath: directory, remotePath: "there", isDirectory: true },
        { localPath: directory, remotePath: "new", isDirectory: true },
        { localPath: directory, remotePath: "new\\sub", isDirectory: true },
        { localPath: join(directory, "a"), remotePath: "new\\sub\\a" },
        { localPath: directory, remotePath: "bad", isDirectory: true },
        { localPath: join(directory, "b"), remotePath: "bad\\b" },
        { localPath: join(directory, "c"), remotePath: "there\\c" },
      ]);
      assert.deepEqual([...share.files.keys()].sort(), [
        "new",
        "new\\sub",
        "new\\sub\\a",
        "there",
        "there\\c",
      ]);
      assert.equal(summary.files, 2);
      assert.deepEqual(failures.map(({ remotePath }) => remotePath).sort(), ["bad", "bad\\b"]);
      assert.match(String(failures.at(-1)?.error), /\\bad could not be made/);
    }));

  it("ends at a lost connection", () =>
    withDirectory(async (directory) => {
      writeFileSync(join(directory, "a"), pattern(10));
      const lost = new TransportClosedError("gone");
      const { env, failures } = await rig({
        fault: ({ index }) => (index === 30 ? { error: lost } : undefined),
      });
      const items = Array.from({ length: 20 }, (_, index) => ({
        localPath: join(directory, "a"),
        remotePath: `f${index}`,
      }));
      await assert.rejects(
        uploadMany(env, items),
        (error: unknown) =>
          error instanceof FatalFailure &&
          error.cause === lost &&
          /^f\d+$/.test(error.failure.remotePath),
      );
      assert.deepEqual(failures, []);
    }));

  it("ends at a full disk and names the file as the user knows it", () =>
    withDirectory(async (directory) => {
      for (const size of [10, 5000]) {
        writeFileSync(join(directory, "a"), pattern(size));
        writeFileSync(join(directory, "b"), pattern(size));
        const { env, share } = await rig({
          fault: ({ command, index }) =>
            command === Command.WRITE && index > 2 ? { status: NtStatus.DISK_FULL } : undefined,
          more: { settings: { keepTimes: true, inplace: false, jobs: 1, ioSize: 0 } },
        });
        const items = ["a", "b"].map((name) => ({
          localPath: join(directory, name),
          remotePath: `d\\${name}`,
        }));
        for (const { remotePath } of items) share.add(remotePath, pattern(3));
        await assert.rejects(
          uploadMany(env, items),
          (error: unknown) =>
            error instanceof FatalFailure &&
            /^d\\[ab]$/.test(error.failure.remotePath) &&
            error.failure.error instanceof NtStatusError,
        );
        assert.deepEqual([...share.files.keys()].sort(), ["d\\a", "d\\b"]);
      }
    }));
});

function isSetInfo(operation: Operation, infoClass: number): boolean {
  if (operation.command !== Command.SET_INFO) return false;
  return (operation.message as { fileInfoClass: number }).fileInfoClass === infoClass;
}
