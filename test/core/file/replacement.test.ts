import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TransferError, TransportClosedError } from "../../../src/core/errors.ts";
import { openDestination } from "../../../src/core/file/destination.ts";
import { completeFile, giveUp } from "../../../src/core/file/replace-file.ts";
import { writeSmallFile } from "../../../src/core/file/small-write.ts";
import { writeFully } from "../../../src/core/file/write-pipeline.ts";
import { FileAttributes } from "../../../src/core/fscc/file-attributes.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { NtStatusError } from "../../../src/core/nt-status-error.ts";
import { Command, ShareAccess } from "../../../src/core/smb2/constants.ts";
import type { Tree } from "../../../src/core/tree/tree.ts";
import { HurriedClock } from "../../support/clock.ts";
import type { MemoryFile } from "./memory-files.ts";
import {
  type Fault,
  MemoryShare,
  type MemoryShareOptions,
  type Operation,
} from "./memory-share.ts";
import { pattern } from "./pattern.ts";

const OLD = pattern(9000, 3);
const NEW = pattern(5000);
const TEMPORARY = "f.part";

async function connect(options: MemoryShareOptions = {}) {
  const share = new MemoryShare({ chunkSize: 65_536, ...options });
  const tree = await share.connect();
  return { share, tree };
}

/** As a large file is written: opened, filled, finished. */
async function writeLarge(tree: Tree): Promise<void> {
  const paths = { path: "f", temporaryPath: TEMPORARY };
  const { file, temporaryPath } = await openDestination(tree, paths);
  try {
    await writeFully(file, { data: NEW, offset: 0 });
  } catch (error) {
    await giveUp(tree, file.fileId, temporaryPath);
    throw error;
  }
  const renameTo = temporaryPath === undefined ? undefined : "f";
  await completeFile(file, { renameTo, size: NEW.length, times: { lastWriteTime: 7n } });
}

const ways: readonly [name: string, write: (tree: Tree) => Promise<void>][] = [
  ["small", (tree) => writeSmallFile(tree, { path: "f", temporaryPath: TEMPORARY, data: NEW })],
  ["large", writeLarge],
];

const isRename = ({ command, message }: Operation): boolean =>
  command === Command.SET_INFO && (message as { fileInfoClass: number }).fileInfoClass === 10;

for (const [size, write] of ways) {
  describe(`replacing a ${size} file`, () => {
    const special: readonly [what: string, more: Partial<MemoryFile>][] = [
      ["another stream", { streams: [":notes:$DATA"] }],
      ["extended attributes", { eaSize: 12 }],
      ["another name (a hard link)", { links: 2 }],
      ["another owner or other permissions", { security: "bert" }],
      ["an attribute that a new file has not", { attributes: FileAttributes.COMPRESSED }],
      ["its data elsewhere", { attributes: FileAttributes.OFFLINE }],
      ["an object id", { objectId: new Uint8Array(64) }],
      ["a writer that does not share deletion", { sharedByOthers: ShareAccess.WRITE }],
    ];
    for (const [what, more] of special) {
      it(`writes in place what has ${what}`, async () => {
        const { share, tree } = await connect();
        const original = share.add("f", OLD, more);
        await write(tree);
        assert.equal(share.files.get("f"), original);
        assert.deepEqual(original.bytes, NEW);
        for (const [name, value] of Object.entries(more))
          assert.deepEqual(original[name as keyof MemoryFile], value);
        assert.deepEqual([...share.files.keys()], ["f"]);
        assert.equal(share.opens.size, 0);
      });
    }

    it("makes a new file of anything else, and keeps its creation time", async () => {
      const { share, tree } = await connect();
      const original = share.add("f", OLD, { creationTime: 77n });
      await write(tree);
      const replaced = share.files.get("f");
      assert.notEqual(replaced, original);
      assert.deepEqual(replaced?.bytes, NEW);
      assert.equal(replaced?.creationTime, 77n);
      assert.deepEqual([...share.files.keys()], ["f"]);
    });

    const refused: readonly [what: string, more: Partial<MemoryFile>, status: number][] = [
      ["read-only", { attributes: FileAttributes.READONLY }, NtStatus.ACCESS_DENIED],
      ["hidden", { attributes: FileAttributes.HIDDEN }, NtStatus.ACCESS_DENIED],
      ["a system file", { attributes: FileAttributes.SYSTEM }, NtStatus.ACCESS_DENIED],
      ["open elsewhere, not to be written", { sharedByOthers: 0 }, NtStatus.SHARING_VIOLATION],
    ];
    for (const [what, more, status] of refused) {
      it(`leaves a file alone that is ${what}`, async () => {
        const { share, tree } = await connect();
        const original = share.add("f", OLD, more);
        await assert.rejects(write(tree), { status });
        assert.equal(share.files.get("f"), original);
        assert.deepEqual(original.bytes, OLD);
        assert.deepEqual([...share.files.keys()], ["f"]);
        assert.equal(share.opens.size, 0);
      });
    }

    it("sends nothing into a directory's name", async () => {
      const { share, tree } = await connect();
      share.add("f", new Uint8Array(0), { isDirectory: true });
      await assert.rejects(write(tree), { status: NtStatus.FILE_IS_A_DIRECTORY });
      assert.deepEqual([...share.files.keys()], ["f"]);
      assert.equal(share.opens.size, 0);
    });

    it("does not empty an old file for which there is no room beside it", async () => {
      const { share, tree } = await connect({
        fault: ({ command, message }) =>
          command === Command.CREATE && (message as { name: string }).name === TEMPORARY
            ? { status: NtStatus.DISK_FULL }
            : undefined,
      });
      share.add("f", OLD, { eaSize: 12 });
      await assert.rejects(write(tree), { status: NtStatus.DISK_FULL });
      assert.deepEqual(share.files.get("f")?.bytes, OLD);
    });

    for (const status of [NtStatus.ACCESS_DENIED, NtStatus.SHARING_VIOLATION]) {
      it(`renames again while others look at one of the files (${status.toString(16)})`, async () => {
        let attempts = 0;
        const { share, tree } = await connect({
          fault: (operation) => {
            if (!isRename(operation)) return undefined;
            attempts += 1;
            return attempts < 4 ? { status } : undefined;
          },
        });
        share.add("f", OLD);
        await write(tree);
        assert.equal(attempts, 4);
        assert.deepEqual(share.files.get("f")?.bytes, NEW);
      });

      it(`gives that up after two seconds and says what helps (${status.toString(16)})`, async () => {
        const clock = new HurriedClock();
        const { share, tree } = await connect({
          clock,
          fault: (operation) => (isRename(operation) ? { status } : undefined),
        });
        share.add("f", OLD);
        await assert.rejects(
          write(tree),
          (error: unknown) =>
            error instanceof NtStatusError &&
            error.status === status &&
            error.explanation?.includes("--inplace") === true,
        );
        assert.ok(clock.now() >= 2000 && clock.now() < 3000, `${clock.now()} ms`);
        assert.deepEqual([...share.files.keys()], ["f"]);
        assert.deepEqual(share.files.get("f")?.bytes, OLD);
        assert.equal(share.opens.size, 0);
      });
    }

    it("waits for a deleted file to give its name free", async () => {
      let refusals = 0;
      const { share, tree } = await connect({
        fault: ({ command, message }) => {
          const isTarget = command === Command.CREATE && (message as { name: string }).name === "f";
          if (!isTarget || refusals === 3) return undefined;
          refusals += 1;
          return { status: NtStatus.DELETE_PENDING };
        },
      });
      await write(tree);
      assert.deepEqual(share.files.get("f")?.bytes, NEW);
    });

    it("looks at a file that appears at the last moment", async () => {
      for (const more of [{}, { links: 2 }]) {
        let isThere = false;
        const { share, tree } = await connect({
          isFrugal: true,
          fault: (operation) => {
            if (!isRename(operation) || isThere) return undefined;
            isThere = true;
            return { before: () => share.add("f", OLD, more) };
          },
        });
        const outcome = await write(tree).catch((error: unknown) => error);
        assert.ok(isThere);
        if ("links" in more) assert.ok(outcome instanceof TransferError);
        assert.deepEqual(share.files.get("f")?.bytes, "links" in more ? OLD : NEW);
        assert.deepEqual([...share.files.keys()], ["f"]);
      }
    });

    it("leaves nothing under the final name when the connection breaks between two messages", async () => {
      for (const command of [Command.WRITE, Command.SET_INFO, Command.QUERY_INFO, Command.CLOSE]) {
        const fault = (operation: Operation): Fault | undefined =>
          operation.command === command ? { error: new TransportClosedError("gone") } : undefined;
        const { share, tree } = await connect({ isFrugal: true, fault });
        await assert.rejects(write(tree), TransportClosedError);
        assert.ok(!share.files.has("f"));
      }
    });

    it("knows what became of the bytes before the old file goes", async () => {
      const { share, tree } = await connect({
        fault: ({ command, message }) => {
          const { fileId } = message as { fileId?: Uint8Array };
          const path = fileId && share.opens.get(fileId.join())?.path;
          if (command !== Command.CLOSE || path !== TEMPORARY) return undefined;
          share.opens.delete(fileId?.join() ?? "");
          return { status: NtStatus.DISK_FULL };
        },
      });
      share.add("f", OLD);
      await assert.rejects(write(tree), {
        status: NtStatus.DISK_FULL,
        message: /DISK_FULL in CLOSE/,
      });
      assert.deepEqual(share.files.get("f")?.bytes, OLD);
    });
  });
}

describe("removing", () => {
  it("takes what is being deleted already for gone", async () => {
    const { tree } = await connect({
      fault: ({ command }) =>
        command === Command.CREATE ? { status: NtStatus.DELETE_PENDING } : undefined,
    });
    await tree.unlink("f");
    await tree.rmdir("d");
  });

  it("waits for the last files to leave a directory that was emptied, and only for them", async () => {
    for (const [wasEmptied, times, isRemoved] of [
      [true, 3, true],
      [true, 1000, false],
      [false, 3, false],
    ] as const) {
      let refusals = 0;
      const { share, tree } = await connect({
        fault: ({ command }) => {
          if (command !== Command.SET_INFO || refusals === times) return undefined;
          refusals += 1;
          return { status: NtStatus.DIRECTORY_NOT_EMPTY };
        },
      });
      share.add("d", new Uint8Array(0), { isDirectory: true });
      const outcome = await tree.rmdir("d", { wasEmptied }).catch((error: unknown) => error);
      assert.equal(share.files.has("d"), !isRemoved);
      assert.equal(outcome instanceof NtStatusError, !isRemoved);
      if (!wasEmptied) assert.equal(refusals, 1);
    }
  });
});
