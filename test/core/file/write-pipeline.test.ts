import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ProtocolError } from "../../../src/core/errors.ts";
import { createTemporaryFile } from "../../../src/core/file/destination.ts";
import { writePipeline } from "../../../src/core/file/write-pipeline.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { NtStatusError } from "../../../src/core/nt-status-error.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import { ManualClock } from "../../support/clock.ts";
import { MemoryShare, type MemoryShareOptions } from "./memory-share.ts";
import { pattern } from "./pattern.ts";

async function make(options: MemoryShareOptions = {}) {
  const share = new MemoryShare(options);
  const tree = await share.connect();
  return { share, file: await createTemporaryFile(tree, "f") };
}

/** Reads from memory as a local file is read; calls must not overlap. */
function from(source: Uint8Array) {
  const buffers = new Set<ArrayBufferLike>();
  let isBusy = false;
  const fetch = async (buffer: Uint8Array, offset: number): Promise<number> => {
    assert.equal(isBusy, false);
    isBusy = true;
    buffers.add(buffer.buffer);
    await Promise.resolve();
    const part = source.subarray(offset, offset + buffer.length);
    buffer.set(part);
    isBusy = false;
    return part.length;
  };
  return { fetch, buffers };
}

describe("writePipeline", () => {
  it("stores every byte, whatever the sizes, the order and short writes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3000),
        fc.integer({ min: 1, max: 700 }),
        fc.integer({ min: 1, max: 2500 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat(50)),
        fc.infiniteStream(fc.integer({ min: 1, max: 900 })),
        async (size, chunkBytes, windowBytes, isLengthKnown, order, short) => {
          const source = pattern(size);
          const { share, file } = await make({
            pick: () => order.next().value as number,
            fault: ({ command }) =>
              command === Command.WRITE ? { atMost: short.next().value as number } : undefined,
          });
          const { fetch, buffers } = from(source);
          let acknowledged = 0;
          const result = await writePipeline(file, {
            length: isLengthKnown ? size : undefined,
            fetch,
            chunkBytes,
            windowBytes,
            onWritten: (bytes) => {
              acknowledged += bytes;
            },
          });
          assert.deepEqual(share.files.get("f")?.bytes, source);
          assert.deepEqual(result, { end: size, sent: size });
          assert.equal(acknowledged, size);
          assert.ok(share.mostOutstanding <= Math.max(windowBytes, chunkBytes));
          assert.ok(buffers.size <= Math.max(1, Math.ceil(windowBytes / chunkBytes)) + 1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps all it writes within a window of the first gap, where a beginning is wanted", async () => {
    const reached = { most: 0, isHeld: true };
    const { share, file } = await make({
      // The first WRITE comes last, as on a channel that has stalled.
      pick: (waiting) => (waiting > 1 ? 1 : 0),
      fault: ({ command, message }) => {
        const { offset } = message as { offset: number };
        if (command !== Command.WRITE) return undefined;
        if (offset === 0) reached.isHeld = false;
        if (reached.isHeld) reached.most = Math.max(reached.most, offset + 100);
        return undefined;
      },
    });
    const source = pattern(9000);
    const { fetch } = from(source);
    await writePipeline(file, { fetch, chunkBytes: 100, windowBytes: 1000, keepsPrefix: true });
    assert.deepEqual(share.files.get("f")?.bytes, source);
    assert.ok(reached.most > 100 && reached.most <= 1000, `${reached.most}`);
  });

  it("begins at an offset", async () => {
    const source = pattern(100);
    const { share, file } = await make();
    share.add("other", new Uint8Array(0));
    await writePipeline(file, { offset: 60, length: 40, fetch: from(source).fetch });
    assert.deepEqual(share.files.get("f")?.bytes.subarray(60), source.subarray(60));
  });

  it("sends no blocks of zeros where that is wished", async () => {
    const source = new Uint8Array(1 << 20);
    source.set(pattern(10), 200_000);
    source.set(pattern(10), source.length - 10);
    const { share, file } = await make();
    const result = await writePipeline(file, {
      length: source.length,
      fetch: from(source).fetch,
      skipZeros: true,
    });
    assert.deepEqual(result, { end: source.length, sent: 2 * 65_536 });
    assert.deepEqual(share.files.get("f")?.bytes, source);
  });

  it("ends with the source, though it is shorter than expected", async () => {
    const { file } = await make();
    const result = await writePipeline(file, {
      length: 5000,
      chunkBytes: 700,
      fetch: from(pattern(1234)).fetch,
    });
    assert.deepEqual(result, { end: 1234, sent: 1234 });
  });

  it("stops at the first refusal and fetches no more", async () => {
    const { file } = await make({
      fault: ({ command, message }) =>
        command === Command.WRITE && (message as { offset: number }).offset === 3000
          ? { status: NtStatus.DISK_FULL }
          : undefined,
    });
    let fetched = 0;
    await assert.rejects(
      writePipeline(file, {
        length: 1e9,
        chunkBytes: 1000,
        windowBytes: 4000,
        fetch: async (buffer) => {
          fetched += 1;
          await new Promise(setImmediate);
          return buffer.length;
        },
      }),
      (error: unknown) => error instanceof NtStatusError && error.status === NtStatus.DISK_FULL,
    );
    assert.ok(fetched < 20);
  });

  it("does not turn in a circle with a server that takes nothing", async () => {
    const { file } = await make({
      fault: ({ command }) => (command === Command.WRITE ? { atMost: 0 } : undefined),
    });
    await assert.rejects(
      writePipeline(file, { length: 10, fetch: from(pattern(10)).fetch }),
      ProtocolError,
    );
  });

  it("rejects with the reason of its signal and with what `fetch` throws", async () => {
    const { file } = await make();
    const controller = new AbortController();
    const reason = new Error("Ctrl-C");
    await assert.rejects(
      writePipeline(file, {
        length: 1e9,
        chunkBytes: 1000,
        windowBytes: 4000,
        signal: controller.signal,
        onWritten: (_bytes, offset) => {
          if (offset >= 8000) controller.abort(reason);
        },
        fetch: (buffer) => buffer.length,
      }),
      reason,
    );
    const broken = new Error("EIO");
    const fetch = (): number => {
      throw broken;
    };
    await assert.rejects(writePipeline(file, { length: 10, fetch }), broken);
  });

  describe("on a link of a known rate", () => {
    const KIB = 1024;
    const MIB = 1024 * KIB;

    /** Stores files over a link that moves so many bytes each second; gives the sizes of the WRITEs. */
    async function storeAt(
      rate: (offset: number) => number,
      sizes: readonly number[],
      delayMs = 0,
    ): Promise<{ lengths: number[]; most: number }> {
      const clock = new ManualClock();
      const lengths: number[] = [];
      clock.advance(1234);
      const { share, file } = await make({
        fault: ({ command, message }) => {
          if (command !== Command.WRITE) return undefined;
          const { length, offset } = message as { length: number; offset: number };
          const wait = lengths.length === 0 ? delayMs : 0;
          lengths.push(length);
          return { before: () => clock.advance(wait + (length / rate(offset)) * 1000) };
        },
      });
      const fetch = (buffer: Uint8Array): number => buffer.length;
      for (const length of sizes) await writePipeline(file, { length, fetch, clock });
      return { lengths, most: share.mostOutstanding };
    }

    it("grows to full chunks and the full window with the first quick reply", async () => {
      const { lengths, most } = await storeAt(() => 100 * MIB, [64 * MIB]);
      assert.deepEqual(lengths.slice(0, 16), Array(16).fill(256 * KIB));
      assert.deepEqual(lengths.slice(16), Array(60).fill(MIB));
      assert.equal(most, 16 * MIB);
    });

    it("keeps chunks and window small below 1 MiB/s", async () => {
      const { lengths, most } = await storeAt(() => 300 * KIB, [8 * MIB]);
      assert.deepEqual(lengths, Array(32).fill(256 * KIB));
      assert.equal(most, 4 * MIB);
    });

    it("makes them smaller still below 64 KiB/s", async () => {
      const { lengths } = await storeAt(() => 30 * KIB, [6 * MIB]);
      assert.deepEqual(lengths.slice(0, 16), Array(16).fill(256 * KIB));
      assert.deepEqual(lengths.slice(16), Array(32).fill(64 * KIB));
    });

    it("does not take a long way for a slow one", async () => {
      const { lengths } = await storeAt(() => 100 * MIB, [32 * MIB], 600);
      assert.equal(lengths.at(20), MIB);
    });

    it("notices that the rate changes", async () => {
      const rate = (offset: number): number => (offset < 32 * MIB ? 10 * MIB : 200 * KIB);
      const { lengths } = await storeAt(rate, [64 * MIB]);
      assert.ok(lengths.includes(MIB));
      assert.equal(lengths.at(-1), 256 * KIB);
    });

    it("begins the next file of a connection with what it knows", async () => {
      const { lengths } = await storeAt(() => 100 * MIB, [MIB, MIB]);
      assert.deepEqual(lengths, [...Array(4).fill(256 * KIB), MIB]);
    });
  });
});
