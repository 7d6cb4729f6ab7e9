import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TransferError } from "../../../src/core/errors.ts";
import { readPipeline } from "../../../src/core/file/read-pipeline.ts";
import { READ_ACCESS } from "../../../src/core/file/small-file.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { NtStatusError } from "../../../src/core/nt-status-error.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import { MemoryShare, type MemoryShareOptions } from "./memory-share.ts";
import { pattern } from "./pattern.ts";

async function open(bytes: Uint8Array, options: MemoryShareOptions = {}) {
  const share = new MemoryShare(options);
  share.add("f", bytes);
  const tree = await share.connect();
  return { share, tree, file: await tree.openFile("f", { access: READ_ACCESS }) };
}

function all(size: number) {
  return [{ offset: 0, length: size }];
}

describe("readPipeline", () => {
  it("puts every byte where it belongs, whatever the sizes, the order and short replies", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3000),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 2500 }),
        fc.infiniteStream(fc.nat(50)),
        fc.infiniteStream(fc.integer({ min: 1, max: 900 })),
        async (size, chunkBytes, windowBytes, order, short) => {
          const bytes = pattern(size);
          const { share, file } = await open(bytes, {
            pick: () => order.next().value as number,
            fault: ({ command }) =>
              command === Command.READ ? { atMost: short.next().value as number } : undefined,
          });
          const got = new Uint8Array(size);
          await readPipeline(file, {
            ranges: all(size),
            chunkBytes,
            windowBytes,
            place: (data, offset) => got.set(data, offset),
          });
          assert.deepEqual(got, bytes);
          assert.ok(share.mostOutstanding <= Math.max(windowBytes, chunkBytes));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("reads only the ranges asked for", async () => {
    const bytes = pattern(1000);
    const { file } = await open(bytes);
    const seen: [number, number][] = [];
    await readPipeline(file, {
      ranges: [
        { offset: 10, length: 5 },
        { offset: 900, length: 100 },
      ],
      place: (data, offset) => {
        seen.push([offset, data.length]);
      },
    });
    assert.deepEqual(
      seen.sort(([a], [b]) => a - b),
      [
        [10, 5],
        [900, 100],
      ],
    );
  });

  it("asks for nothing more while a slow disk holds a full window", async () => {
    const { share, file } = await open(pattern(10_000));
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let placed = 0;
    const running = readPipeline(file, {
      ranges: all(10_000),
      chunkBytes: 1000,
      windowBytes: 3000,
      place: async () => {
        placed += 1;
        await gate;
      },
    });
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    assert.equal(placed, 3);
    assert.equal(share.commands.filter((command) => command === Command.READ).length, 3);
    release();
    await running;
    assert.equal(placed, 10);
  });

  it("says so where the file became shorter, by an error of the server or an empty reply", async () => {
    const { share, file } = await open(pattern(5000), {
      fault: ({ command, message }) =>
        command === Command.READ && (message as { offset: number }).offset >= 3000
          ? { before: () => share.add("f", pattern(3000)), status: NtStatus.END_OF_FILE }
          : undefined,
    });
    await assert.rejects(
      readPipeline(file, { ranges: all(5000), chunkBytes: 1000, place() {} }),
      (error: unknown) =>
        error instanceof TransferError &&
        /\\f became shorter .* byte 3000 of 5000/.test(error.message),
    );
  });

  it("cancels the rest at the first error and leaves nothing running", async () => {
    const { share, file } = await open(pattern(20_000), {
      fault: ({ command, message }) =>
        command === Command.READ && (message as { offset: number }).offset === 4000
          ? { status: NtStatus.ACCESS_DENIED }
          : undefined,
    });
    let isOver = false;
    await assert.rejects(
      readPipeline(file, {
        ranges: all(20_000),
        chunkBytes: 1000,
        windowBytes: 4000,
        place: () => assert.equal(isOver, false),
      }),
      (error: unknown) => error instanceof NtStatusError && error.status === NtStatus.ACCESS_DENIED,
    );
    isOver = true;
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    assert.ok(share.commands.length < 12);
  });

  it("rejects with the reason of its signal, also when nothing was asked for yet", async () => {
    const { file } = await open(pattern(20_000));
    const controller = new AbortController();
    const reason = new Error("Ctrl-C");
    let placed = 0;
    await assert.rejects(
      readPipeline(file, {
        ranges: all(20_000),
        chunkBytes: 1000,
        windowBytes: 2000,
        signal: controller.signal,
        place: () => {
          placed += 1;
          if (placed === 3) controller.abort(reason);
        },
      }),
      reason,
    );
    assert.ok(placed <= 4);
    await assert.rejects(
      readPipeline(file, { ranges: all(1), signal: controller.signal, place() {} }),
      reason,
    );
  });

  it("rejects with what `place` throws", async () => {
    const { file } = await open(pattern(5000));
    const full = new Error("ENOSPC");
    await assert.rejects(
      readPipeline(file, {
        ranges: all(5000),
        chunkBytes: 500,
        place: (_data, offset) => {
          if (offset === 2000) throw full;
        },
      }),
      full,
    );
  });
});
