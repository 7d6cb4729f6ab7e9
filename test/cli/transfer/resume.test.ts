import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { downloadFile, uploadFile } from "../../../src/cli/transfer/index.ts";
import { NtStatus, TransferError } from "../../../src/core/index.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import type { Operation } from "../../core/file/memory-share.ts";
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

const MIB = 1 << 20;
/** More than what is compared unless all is asked for. */
const large = pattern(18 * MIB);

describe("what is there already", () => {
  /** The first 17 MiB of `large`, with `change` made to it. */
  const beginning = (change: (bytes: Uint8Array) => void): Uint8Array => {
    const bytes = large.slice(0, 17 * MIB);
    change(bytes);
    return bytes;
  };
  const early = beginning((bytes) => bytes.set([large[7] === 1 ? 2 : 1], 7));
  const late = beginning((bytes) => bytes.set([large[2 * MIB] === 1 ? 2 : 1], 2 * MIB));
  const gap = beginning((bytes) => bytes.fill(0, 9 * MIB + 5, 16 * MIB));
  const longGap = beginning((bytes) => bytes.fill(0, 100, 16 * MIB));

  interface Outcome {
    readonly outcome: unknown;
    readonly bytes: Uint8Array;
    readonly notices: readonly string[];
  }

  const settings = { keepTimes: true, inplace: false, jobs: 4, ioSize: 0 };
  const up = async (path: string, there: Uint8Array, verify: boolean): Promise<Outcome> => {
    const more = { settings: { ...settings, verify } };
    const { share, env, notices } = await rig({ chunkSize: MIB, more });
    writeFileSync(path, large);
    const { bytes } = share.add("f", there.slice());
    const outcome = await uploadFile(env, path, "f", resume).catch((error: unknown) => error);
    assert.equal(share.opens.size, 0);
    return { outcome, bytes: share.files.get("f")?.bytes ?? bytes, notices };
  };
  const down = async (path: string, there: Uint8Array, verify: boolean): Promise<Outcome> => {
    const more = { settings: { ...settings, verify } };
    const { share, env, notices } = await rig({ chunkSize: MIB, more });
    writeFileSync(path, there);
    share.add("f", large.slice());
    const outcome = await downloadFile(env, "f", path, resume).catch((error: unknown) => error);
    assert.equal(share.opens.size, 0);
    return { outcome, bytes: new Uint8Array(readFileSync(path)), notices };
  };

  /** Resumes with `there` as what is there, in both directions. */
  const resumed = (
    there: Uint8Array,
    verify: boolean,
    check: (outcome: unknown, bytes: Uint8Array, notices: readonly string[]) => void,
  ): Promise<void> =>
    withDirectory(async (directory) => {
      for (const run of [up, down]) {
        const { outcome, bytes, notices } = await run(join(directory, "f"), there, verify);
        check(outcome, bytes, notices);
      }
    });
  const equal = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

  it("is compared as far as an interrupted transfer can have left gaps, and that is said", async () => {
    await resumed(late, false, (outcome, bytes, notices) => {
      assert.match(
        String(outcome),
        /the last 16777216 of 17825792 bytes were compared.*whole file/,
      );
      assert.ok(equal(bytes, late));
      assert.deepEqual(notices, []);
    });
    await resumed(large.slice(0, 17 * MIB), false, (outcome, bytes, notices) => {
      assert.ok(!(outcome instanceof Error), String(outcome));
      assert.ok(equal(bytes, large));
      assert.match(notices.join(), /only the 16 MiB before byte 17825792.*--verify/);
    });
  });

  it("is compared as a whole on request", async () => {
    await resumed(early, true, (outcome, bytes, notices) => {
      assert.match(String(outcome), /all 17825792 bytes were compared; byte 7 /);
      assert.ok(equal(bytes, early));
      assert.deepEqual(notices, []);
    });
  });

  it("is used up to a gap that an interrupted transfer has left", async () => {
    await resumed(gap, false, (outcome, bytes, notices) => {
      assert.ok(!(outcome instanceof Error), String(outcome));
      assert.equal((outcome as { bytes: number }).bytes, 9 * MIB - 5);
      assert.ok(equal(bytes, large));
      assert.match(notices.join(), /left a gap; continued at byte 9437189/);
    });
  });

  it("is refused where the gap may have begun before what was compared", async () => {
    await resumed(longGap, false, (outcome, bytes) => {
      assert.match(String(outcome), /differ: not resumed/);
      assert.ok(equal(bytes, longGap));
    });
    await resumed(longGap, true, (outcome, bytes) => {
      assert.ok(!(outcome instanceof Error), String(outcome));
      assert.ok(equal(bytes, large));
    });
  });
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

  it("refuses what has no size: a pipe nobody writes to, a device, standard input", () =>
    withDirectory(async (directory) => {
      const pipe = join(directory, "pipe");
      execFileSync("mkfifo", [pipe]);
      for (const path of [pipe, "/dev/zero", "-"]) {
        const { share, env } = await rig();
        await assert.rejects(uploadFile(env, path, "f", resume), /put stores it from its start/);
        assert.deepEqual([...share.files.keys()], []);
      }
    }));
});

describe("an upload under the real name", () => {
  /** Interrupts at operation `at`, answers in `order`; what is left under the name. */
  const interrupted = async (
    path: string,
    { at, order, isResumed }: { at: number; order: readonly number[]; isResumed: boolean },
  ): Promise<{ readonly bytes: Uint8Array; readonly outcome: unknown }> => {
    let controller: AbortController | undefined;
    let turn = 0;
    const { share, env, ...rest } = await rig({
      inplace: true,
      pick: () => {
        turn += 1;
        return order[turn % order.length] ?? 0;
      },
      fault: ({ index }) => {
        if (index === at) controller?.abort(new Error("Ctrl-C"));
        return undefined;
      },
    });
    controller = rest.controller;
    share.add("f", whole.slice(0, 10_000));
    const options = isResumed ? resume : {};
    const outcome = await uploadFile(env, path, "f", options).catch((e: unknown) => e);
    // The handle of a CREATE that was given up is closed when its answer has come.
    while (share.opens.size > 0) await setImmediate();
    return { bytes: share.files.get("f")?.bytes ?? new Uint8Array(0), outcome };
  };

  for (const isResumed of [false, true]) {
    it(`leaves a beginning wherever it is interrupted${isResumed ? ", resumed" : ""}`, () =>
      withDirectory(async (directory) => {
        const path = join(directory, "f");
        writeFileSync(path, whole.subarray(0, 60_000));
        const orders = fc.array(fc.nat(50), { minLength: 200, maxLength: 200 });
        await fc.assert(
          fc.asyncProperty(fc.nat(60), orders, async (at, order) => {
            const { bytes, outcome } = await interrupted(path, { at, order, isResumed });
            assert.deepEqual(bytes, whole.subarray(0, bytes.length));
            if (!(outcome instanceof Error)) assert.equal(bytes.length, 60_000);
          }),
          { numRuns: 150 },
        );
      }));
  }

  it("cuts off what a WRITE that was given up leaves behind its end", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      writeFileSync(path, whole.subarray(0, 20_000));
      const closes: number[] = [];
      const { share, env } = await rig({
        inplace: true,
        fault: (operation) => {
          if (isWriteAt(operation, 5000)) return { status: NtStatus.DISK_FULL };
          if (operation.command !== Command.CLOSE) return undefined;
          const file = share.files.get("f");
          closes.push(file?.bytes.length ?? -1);
          // It lands between the new size and the CLOSE, as on another channel.
          if (closes.length === 1 && file !== undefined) file.bytes = withLength(file.bytes, 9000);
          return undefined;
        },
      });
      await assert.rejects(uploadFile(env, path, "f"), /DISK_FULL|disk/i);
      assert.deepEqual(closes, [5000, 5000]);
      assert.deepEqual(share.files.get("f")?.bytes, whole.subarray(0, 5000));
      assert.equal(share.opens.size, 0);
    }));
});

function isWriteAt({ command, message }: Operation, offset: number): boolean {
  return command === Command.WRITE && (message as { offset: number }).offset === offset;
}

function withLength(bytes: Uint8Array, length: number): Uint8Array {
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}
