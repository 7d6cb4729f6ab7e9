import assert from "node:assert/strict";
import { closeSync, fstatSync, openSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TimeFormat } from "../../../src/cli/render/time.ts";
import { downloadFile, uploadFile } from "../../../src/cli/transfer/index.ts";
import { localTimes, remoteTimes, setLocalTimes } from "../../../src/cli/transfer/times.ts";
import { fileTimeFromUnixNs, fileTimeToDate, NtStatus } from "../../../src/core/index.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import type { Operation } from "../../core/file/memory-share.ts";
import { pattern } from "../../core/file/pattern.ts";
import { rig } from "./rig.ts";
import { withDirectory } from "./with-directory.ts";

const SECOND = 1_000_000_000n;

describe("times of a remote file", () => {
  /** What a local file has after it was given the time `ns`, in nanoseconds since 1970. */
  const given = (fd: number, ns: bigint): bigint => {
    const time = fileTimeFromUnixNs(ns);
    const times = localTimes({ lastWriteTime: time, lastAccessTime: 0n });
    assert.ok(times);
    assert.equal(setLocalTimes(fd, times), undefined);
    return fstatSync(fd, { bigint: true }).mtimeNs;
  };

  it("arrive to the microsecond, never later than a second begins, before 1970 as well", () =>
    withDirectory((directory) => {
      const fd = openSync(join(directory, "f"), "w");
      const seconds = fc.bigInt(-2_000_000_000n, 4_000_000_000n);
      fc.assert(
        fc.property(seconds, fc.bigInt(0n, 9_999_999n), (second, ticks) => {
          const ns = second * SECOND + ticks * 100n;
          const local = given(fd, ns);
          assert.equal(floor(local, 1000n), floor(ns, 1000n), `${ns}`);
        }),
        {
          examples: [
            [1_700_000_000n, 9_999_999n],
            [-1n, 5_000_000n],
            [0n, 0n],
            [0n, 1n],
          ],
        },
      );
      closeSync(fd);
    }));

  it("stay the same however often a file is copied there and back", () =>
    withDirectory((directory) => {
      const fd = openSync(join(directory, "f"), "w");
      fc.assert(
        fc.property(fc.bigInt(1n, 3_000_000_000n), fc.bigInt(0n, 999_999n), (second, us) => {
          let ns = second * SECOND + us * 1000n;
          for (let copy = 0; copy < 4; copy += 1) {
            const mtimeNs = given(fd, ns);
            const { lastWriteTime = 0n } = remoteTimes({ mtimeNs, birthtimeNs: 0n });
            ns = (lastWriteTime - fileTimeFromUnixNs(0n)) * 100n;
          }
          assert.equal(floor(ns, 1000n), floor(second * SECOND + us * 1000n, 1000n));
        }),
      );
      closeSync(fd);
    }));

  it("are left alone where the server has none", () => {
    for (const lastWriteTime of [0n, -1n, 0xffff_ffff_ffff_ffffn, 0x7fff_ffff_ffff_ffffn]) {
      assert.equal(localTimes({ lastWriteTime, lastAccessTime: 5n }), undefined);
    }
  });

  it("are not shown where they only say that there is none", () => {
    for (const time of [0n, -1n, 0xffff_ffff_ffff_ffffn]) {
      assert.equal(fileTimeToDate(time), undefined);
      assert.match(new TimeFormat().fileTime(time), /1970|1969/);
    }
    assert.equal(fileTimeToDate(1n)?.getUTCFullYear(), 1601);
  });

  it("arrive with a file, from 1955", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const lastWriteTime = fileTimeFromUnixNs(-450_000_000n * SECOND);
      for (const [size, options] of [
        [900, {}],
        [5000, {}],
        [5000, { resume: true }],
      ] as const) {
        const { share, env } = await rig();
        share.add("f", pattern(size), { lastWriteTime });
        writeFileSync(path, "");
        await downloadFile(env, "f", path, options);
        assert.equal(statSync(path).mtimeMs, -450_000_000_000);
      }
    }));
});

describe("a server that lets a file be written and not its times be set", () => {
  const fault = ({ command, message }: Operation) =>
    command === Command.SET_INFO && (message as { fileInfoClass: number }).fileInfoClass === 4
      ? { status: NtStatus.ACCESS_DENIED }
      : undefined;

  it("gets the file in place, with a remark", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      for (const [size, options] of [
        [900, {}],
        [5000, {}],
        [5000, { resume: true }],
      ] as const) {
        writeFileSync(path, pattern(size));
        const { share, env, notices } = await rig({ inplace: true, fault });
        share.add("f", pattern(10));
        await uploadFile(env, path, "f", options);
        assert.deepEqual(share.files.get("f")?.bytes, pattern(size));
        assert.match(
          notices.join(),
          /^\\f was not given the times of the local file: .*ACCESS_DENIED$/,
        );
        assert.equal(share.opens.size, 0);
      }
    }));
});

function floor(value: bigint, unit: bigint): bigint {
  const rest = value % unit;
  return value / unit - (rest < 0n ? 1n : 0n);
}
