import assert from "node:assert/strict";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { downloadFile, uploadFile } from "../../../src/cli/transfer/index.ts";
import { SourceChanged } from "../../../src/cli/transfer/source-changed.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import type { Operation } from "../../core/file/memory-share.ts";
import { pattern } from "../../core/file/pattern.ts";
import { type Rig, rig } from "./rig.ts";
import { withDirectory } from "./with-directory.ts";

const resume = { resume: true };

/** A share that does `change` before the READ or WRITE at `offset`, so many times. */
async function changing(
  at: { readonly command: number; readonly offset: number; readonly times?: number },
  change: (rig: Rig) => void,
  options: Parameters<typeof rig>[0] = {},
): Promise<Rig> {
  let left = at.times ?? 1;
  const made: Rig = await rig({
    ...options,
    fault: ({ command, message }: Operation) => {
      const isHere = command === at.command && (message as { offset: number }).offset === at.offset;
      if (!isHere || left === 0) return undefined;
      left -= 1;
      return { before: () => change(made) };
    },
  });
  return made;
}

describe("a remote file that changes while it is fetched", () => {
  const rewrite = ({ share }: Rig): void => {
    const file = share.files.get("f");
    assert.ok(file);
    file.bytes = pattern(file.bytes.length, 9);
    file.lastWriteTime += 1n;
  };

  for (const [kind, size] of [
    ["large", 5000],
    ["small", 900],
  ] as const) {
    const at = { command: Command.READ, offset: kind === "large" ? 3000 : 0 };

    it(`is fetched again: a ${kind} one`, () =>
      withDirectory(async (directory) => {
        const path = join(directory, "f");
        // The second change comes behind the READ: only its time shows it.
        const { share, env } = await changing(at, rewrite);
        share.add("f", pattern(size));
        assert.equal((await downloadFile(env, "f", path)).size, size);
        assert.deepEqual(new Uint8Array(readFileSync(path)), pattern(size, 9));
        assert.equal(share.opens.size, 0);
      }));

    it(`is refused where it changes again: a ${kind} one`, () =>
      withDirectory(async (directory) => {
        const path = join(directory, "f");
        writeFileSync(path, "old");
        const { share, env } = await changing({ ...at, times: 2 }, rewrite);
        share.add("f", pattern(size));
        await assert.rejects(downloadFile(env, "f", path), /\\f was written to while it was read/);
        assert.equal(readFileSync(path, "utf8"), "old");
        assert.equal(share.opens.size, 0);
      }));
  }

  it("leaves nothing torn under the real name, where that is written at once", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const at = { command: Command.READ, offset: 3000, times: 2 };
      const { share, env } = await changing(at, rewrite, { more: { usesTemporaryNames: false } });
      share.add("f", pattern(5000));
      await assert.rejects(downloadFile(env, "f", path), SourceChanged);
      assert.equal(statSync(path).size, 0);
    }));

  it("leaves the local file as it was when that is resumed", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      writeFileSync(path, pattern(2000));
      const { share, env } = await changing({ command: Command.READ, offset: 4000 }, rewrite);
      share.add("f", pattern(5000));
      await assert.rejects(downloadFile(env, "f", path, resume), SourceChanged);
      assert.deepEqual(new Uint8Array(readFileSync(path)), pattern(2000));
    }));

  it("is refused on standard output, which cannot be taken back", async () => {
    const { share, env } = await changing({ command: Command.READ, offset: 3000 }, rewrite, {
      more: { outBytes: async () => {} },
    });
    share.add("f", pattern(5000));
    await assert.rejects(downloadFile(env, "f", "-"), SourceChanged);
  });

  it("is not suspected where only CLOSE reports other times than CREATE", () =>
    withDirectory(async (directory) => {
      for (const size of [900, 5000]) {
        const path = join(directory, `f${size}`);
        let isOff = false;
        let made: Rig | undefined;
        made = await rig({
          fault: ({ command }) => {
            const file = made?.share.files.get("f");
            const before = (): void => {
              if (file === undefined || isOff === (command === Command.CLOSE)) return;
              isOff = !isOff;
              file.lastWriteTime += isOff ? 7n : -7n;
            };
            return { before };
          },
        });
        made.share.add("f", pattern(size));
        await downloadFile(made.env, "f", path);
        assert.deepEqual(new Uint8Array(readFileSync(path)), pattern(size));
      }
    }));
});

describe("a local file that changes while it is sent", () => {
  const at = { command: Command.WRITE, offset: 2000 };
  const overwrite = (path: string): void => {
    const fd = openSync(path, "r+");
    writeSync(fd, Buffer.from(pattern(5000, 9)));
    closeSync(fd);
  };
  const changes: readonly (readonly [string, (path: string) => void])[] = [
    ["is rewritten", overwrite],
    [
      "is rewritten and keeps its time",
      (path) => {
        const { atime, mtime } = statSync(path);
        overwrite(path);
        utimesSync(path, atime, mtime);
      },
    ],
    ["grows", (path) => appendFileSync(path, "more")],
  ];
  for (const [name, change] of changes) {
    it(`is not stored where it ${name}`, () =>
      withDirectory(async (directory) => {
        const path = join(directory, "f");
        writeFileSync(path, pattern(5000));
        utimesSync(path, 1000, 1000);
        const { share, env } = await changing(at, () => change(path));
        await assert.rejects(uploadFile(env, path, "f"), SourceChanged);
        assert.deepEqual([...share.files.keys()], []);
      }));
  }

  it("leaves nothing torn under the real name", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      for (const isResumed of [false, true]) {
        writeFileSync(path, pattern(5000));
        utimesSync(path, 1000, 1000);
        const options = { inplace: true };
        const { share, env } = await changing(at, () => overwrite(path), options);
        share.add("f", pattern(2000));
        await assert.rejects(uploadFile(env, path, "f", { resume: isResumed }), SourceChanged);
        assert.deepEqual(share.files.get("f")?.bytes, pattern(isResumed ? 2000 : 0));
      }
    }));

  it("is stored as it was opened where another one takes its name, or its mode changes", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      const replace = (): void => {
        writeFileSync(`${path}.new`, pattern(5000, 9));
        renameSync(`${path}.new`, path);
      };
      for (const change of [replace, () => chmodSync(path, 0o600)]) {
        writeFileSync(path, pattern(5000));
        const { share, env } = await changing(at, change);
        await uploadFile(env, path, "f");
        assert.deepEqual(share.files.get("f")?.bytes, pattern(5000));
      }
    }));
});

describe("a local file without a size", { skip: !existsSync("/proc/version") }, () => {
  it("is sent to its end", async () => {
    for (const path of [
      "/proc/version",
      "/proc/self/status",
      "/sys/kernel/mm/transparent_hugepage/enabled",
    ]) {
      if (!existsSync(path)) continue;
      const { share, env } = await rig({ chunkSize: 65_536 });
      const { size } = await uploadFile(env, path, "f");
      const bytes = share.files.get("f")?.bytes ?? new Uint8Array(0);
      assert.equal(size, bytes.length);
      // What of it changes all the time is behind its first line.
      const line = readFileSync(path, "utf8").split("\n")[0] ?? "?";
      assert.ok(Buffer.from(bytes).toString("utf8").startsWith(line));
    }
  });

  it("cannot be resumed, and stores nothing then", async () => {
    const { share, env } = await rig();
    await assert.rejects(uploadFile(env, "/proc/version", "f", resume), /put stores it/);
    assert.deepEqual([...share.files.keys()], []);
  });
});
