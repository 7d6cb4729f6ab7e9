import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { FatalFailure } from "../../../src/cli/transfer/fatal-failure.ts";
import { downloadFile, downloadMany } from "../../../src/cli/transfer/index.ts";
import {
  FileAttributes,
  NtStatus,
  NtStatusError,
  TransferError,
  TransportClosedError,
} from "../../../src/core/index.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import type { Operation } from "../../core/file/memory-share.ts";
import { pattern } from "../../core/file/pattern.ts";
import { rig } from "./rig.ts";
import { withDirectory } from "./with-directory.ts";

const SPARSE = 0x200;
const readAt = (offset: number) => (operation: Operation) =>
  operation.command === Command.READ && (operation.message as { offset: number }).offset >= offset;

describe("downloadFile", () => {
  it("fetches any size byte for byte, in any order, and leaves no handle open", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      await fc.assert(
        fc.asyncProperty(
          fc.nat(6000),
          fc.boolean(),
          fc.infiniteStream(fc.nat(50)),
          fc.infiniteStream(fc.integer({ min: 1, max: 1500 })),
          async (size, isSizeKnown, order, short) => {
            const { share, env } = await rig({
              pick: () => order.next().value as number,
              fault: ({ command }) =>
                command === Command.READ ? { atMost: short.next().value as number } : undefined,
            });
            share.add("d\\f", pattern(size));
            const entry = { size, allocationSize: size, attributes: 0x80 };
            const item = { remotePath: "d\\f", localPath: path };
            const summary = await downloadMany(env, [isSizeKnown ? { ...item, entry } : item]);
            assert.deepEqual(summary.failures, []);
            assert.deepEqual(new Uint8Array(readFileSync(path)), pattern(size));
            assert.equal(summary.bytes, size);
            assert.deepEqual(readdirSync(directory), ["f"]);
            assert.equal(share.opens.size, 0);
          },
        ),
        { numRuns: 40 },
      );
    }));

  it("needs one round trip for a small file and keeps its time", () =>
    withDirectory(async (directory) => {
      const { share, env, finished } = await rig();
      share.add("f", pattern(900), { lastWriteTime: 132_537_600_000_000_000n });
      const file = await downloadFile(env, "f", join(directory, "g"));
      assert.equal(share.frames, 1);
      assert.deepEqual([file.size, file.bytes, file.direction], [900, 900, "download"]);
      assert.equal(statSync(join(directory, "g")).mtimeMs, Date.UTC(2020, 11, 30));
      assert.deepEqual(finished, []);
    }));

  const faults: readonly [name: string, fault: (operation: Operation) => object | undefined][] = [
    [
      "opening is refused",
      (o) => (o.command === Command.CREATE ? { status: NtStatus.ACCESS_DENIED } : undefined),
    ],
    [
      "a READ fails",
      (o) => (readAt(2000)(o) ? { status: NtStatus.FILE_LOCK_CONFLICT } : undefined),
    ],
    ["the file shrinks", (o) => (readAt(3000)(o) ? { status: NtStatus.END_OF_FILE } : undefined)],
    [
      "the connection breaks",
      (o) => (readAt(2000)(o) ? { error: new TransportClosedError("gone") } : undefined),
    ],
  ];
  for (const [name, fault] of faults) {
    it(`changes nothing under the real name and leaves nothing beside it where ${name}`, () =>
      withDirectory(async (directory) => {
        const fresh = join(directory, "fresh");
        const old = join(directory, "old");
        writeFileSync(old, "old");
        for (const path of [fresh, old]) {
          const { share, env } = await rig({ fault });
          share.add("f", pattern(5000));
          await assert.rejects(downloadFile(env, "f", path));
        }
        assert.deepEqual(readdirSync(directory), ["old"]);
        assert.equal(readFileSync(old, "utf8"), "old");
      }));
  }

  it("can be aborted at any point", () =>
    withDirectory(async (directory) => {
      const reason = new DOMException("Ctrl-C", "AbortError");
      for (let at = 0; at < 14; at += 1) {
        let controller: AbortController | undefined;
        const { share, env, ...rest } = await rig({
          fault: ({ index }) => {
            if (index === at + 1) controller?.abort(reason);
            return undefined;
          },
        });
        controller = rest.controller;
        share.add("f", pattern(9000));
        const outcome = await downloadFile(env, "f", join(directory, "f")).catch((e: unknown) => e);
        if (outcome instanceof Error) {
          assert.equal(outcome, reason);
          assert.deepEqual(readdirSync(directory), []);
        }
        for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
        assert.equal(share.opens.size, 0);
      }
    }));

  it("keeps holes", () =>
    withDirectory(async (directory) => {
      const bytes = new Uint8Array(400_000);
      bytes.set(pattern(10), 131_072);
      const { share, env } = await rig({ chunkSize: 65_536 });
      const allocated = [{ offset: 131_072, length: 65_536 }];
      share.add("f", bytes, { attributes: SPARSE, allocated });
      const file = await downloadFile(env, "f", join(directory, "f"));
      assert.deepEqual([file.size, file.bytes], [400_000, 65_536]);
      assert.deepEqual(new Uint8Array(readFileSync(join(directory, "f"))), bytes);
      const { size, blocks } = statSync(join(directory, "f"));
      assert.ok(blocks * 512 < size);
    }));

  it("takes nothing for a hole that may be data elsewhere", () =>
    withDirectory(async (directory) => {
      const { OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS, REPARSE_POINT } = FileAttributes;
      const recalled = [OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS, REPARSE_POINT];
      for (const attributes of [FileAttributes.ARCHIVE, ...recalled.map((bit) => SPARSE | bit)]) {
        const { share, env } = await rig({ chunkSize: 65_536 });
        // Nothing of it is on the server's own disk: READ fetches it.
        share.add("f", pattern(400_000), { attributes, allocated: [] });
        await downloadFile(env, "f", join(directory, "f"));
        assert.deepEqual(new Uint8Array(readFileSync(join(directory, "f"))), pattern(400_000));
      }
    }));

  it("asks for the rest of a list of allocated ranges that is cut off", () =>
    withDirectory(async (directory) => {
      const bytes = new Uint8Array(1 << 20);
      const allocated = [0, 200_000, 400_000, 900_000].map((offset) => ({
        offset,
        length: 10_000,
      }));
      for (const { offset, length } of allocated) bytes.set(pattern(length), offset);
      // One range at a time; or never any, without saying that this is all.
      for (const atMost of [16, 0]) {
        const { share, env } = await rig({
          chunkSize: 65_536,
          fault: ({ command }) => (command === Command.IOCTL ? { atMost } : undefined),
        });
        share.add("f", bytes, { attributes: SPARSE, allocated });
        const file = await downloadFile(env, "f", join(directory, "f"));
        assert.equal(file.bytes, atMost === 0 ? bytes.length : 40_000);
        assert.deepEqual(new Uint8Array(readFileSync(join(directory, "f"))), bytes);
      }
    }));

  it("writes to standard output in order", async () => {
    for (const size of [100, 5000]) {
      const parts: Uint8Array[] = [];
      const { share, env } = await rig({
        pick: (waiting) => waiting - 1,
        more: {
          outBytes: async (bytes) => {
            parts.push(bytes.slice());
          },
        },
      });
      share.add("f", pattern(size));
      await downloadFile(env, "f", "-");
      assert.deepEqual(new Uint8Array(Buffer.concat(parts)), pattern(size));
    }
  });

  it("fills the real name at once where that is wished", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const { share, env } = await rig({
        more: { usesTemporaryNames: false },
        fault: (o) => (readAt(3000)(o) ? { status: NtStatus.ACCESS_DENIED } : undefined),
      });
      share.add("f", pattern(5000));
      await assert.rejects(downloadFile(env, "f", path), NtStatusError);
      assert.equal(existsSync(path), true);
    }));

  it("leaves only a beginning under the real name when it breaks off, whatever was there", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      for (const allocated of [undefined, [{ offset: 40_000, length: 160_000 }]]) {
        writeFileSync(path, pattern(300_000, 9));
        const { share, env } = await rig({
          chunkSize: 4096,
          pick: (waiting) => waiting - 1,
          more: { usesTemporaryNames: false },
          fault: (o) => (readAt(90_000)(o) ? { status: NtStatus.ACCESS_DENIED } : undefined),
        });
        const bytes = pattern(200_000);
        if (allocated !== undefined) bytes.fill(0, 0, 40_000);
        share.add("f", bytes, allocated === undefined ? {} : { allocated, attributes: 0x200 });
        await assert.rejects(downloadFile(env, "f", path), NtStatusError);
        const left = new Uint8Array(readFileSync(path));
        assert.ok(left.length <= 94_208, `${left.length}`);
        assert.deepEqual(left, bytes.subarray(0, left.length));
      }
    }));

  it("stays within its window", () =>
    withDirectory(async (directory) => {
      const { share, env } = await rig({ chunkSize: 1 << 20 });
      share.add("f", new Uint8Array(40 << 20));
      await downloadFile(env, "f", join(directory, "f"));
      assert.ok(share.mostOutstanding <= 16 << 20);
    }));
});

describe("downloadMany", () => {
  it("fetches the rest where one fails, and says which", () =>
    withDirectory(async (directory) => {
      const { share, env, finished, failures } = await rig();
      share.add("a", pattern(10));
      share.add("c", pattern(5000));
      const broken = new TransferError("no such name");
      const summary = await downloadMany(env, [
        { remotePath: "d", localPath: join(directory, "d"), isDirectory: true },
        { remotePath: "a", localPath: join(directory, "d", "a") },
        { remotePath: "b", localPath: join(directory, "b") },
        { remotePath: "x", localPath: directory, error: broken },
        { remotePath: "c", localPath: join(directory, "c") },
      ]);
      assert.deepEqual(readdirSync(directory).sort(), ["c", "d"]);
      assert.deepEqual([summary.files, summary.bytes], [2, 5010]);
      assert.deepEqual(finished.map(({ remotePath }) => remotePath).sort(), ["a", "c"]);
      assert.deepEqual(summary.failures, failures);
      assert.deepEqual(failures.map(({ path }) => path).sort(), ["b", "x"]);
      assert.equal(failures.find(({ path }) => path === "x")?.error, broken);
    }));

  it("ends at a lost connection and leaves no part files", () =>
    withDirectory(async (directory) => {
      const lost = new TransportClosedError("gone");
      const { share, env } = await rig({
        fault: ({ index }) => (index === 40 ? { error: lost } : undefined),
      });
      const items = Array.from({ length: 30 }, (_, index) => {
        share.add(`f${index}`, pattern(2500));
        return { remotePath: `f${index}`, localPath: join(directory, `f${index}`) };
      });
      await assert.rejects(
        downloadMany(env, items),
        (error: unknown) =>
          error instanceof FatalFailure &&
          error.cause === lost &&
          /^f\d+$/.test(error.failure.remotePath),
      );
      for (const name of readdirSync(directory)) {
        assert.match(name, /^f\d+$/);
        assert.equal(statSync(join(directory, name)).size, 2500);
      }
    }));
});
