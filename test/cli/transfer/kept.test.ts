import assert from "node:assert/strict";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { downloadFile, uploadFile } from "../../../src/cli/transfer/index.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import { pattern } from "../../core/file/pattern.ts";
import { type Rig, rig } from "./rig.ts";
import { withDirectory } from "./with-directory.ts";

const MIB = 1 << 20;
const whole = pattern(4 * MIB);
const settings = { keepTimes: true, inplace: false, jobs: 4, ioSize: 0, partialFromBytes: 3 * MIB };

/** A share whose transfer is interrupted at the READ or WRITE at `offset`. */
async function interrupted(command: number, offset: number): Promise<Rig> {
  let made: Rig | undefined;
  made = await rig({
    chunkSize: MIB / 4,
    more: { settings, continuedBy: "reget" },
    fault: ({ command: now, message }) => {
      const isHere = now === command && (message as { offset: number }).offset === offset;
      if (isHere) made?.controller.abort(new Error("Ctrl-C"));
      return undefined;
    },
  });
  return made;
}

const undisturbed = (): Promise<Rig> =>
  rig({ chunkSize: MIB / 4, more: { settings, continuedBy: "reget" } });

describe("a download that is interrupted", () => {
  /** Interrupts one into `directory`, of `size` bytes; the names that it leaves. */
  const leave = async (directory: string, size: number): Promise<readonly string[]> => {
    const { share, env, notices } = await interrupted(Command.READ, size - MIB);
    share.add("f", whole.slice(0, size));
    await assert.rejects(downloadFile(env, "f", join(directory, "f")), /Ctrl-C/);
    const names = readdirSync(directory);
    if (names.length > 0)
      assert.match(notices.join(), /^\\f: interrupted at .* of 4.0 MiB; reget continues/);
    return names;
  };

  for (const [name, options] of [
    ["the same command", {}],
    ["reget", { resume: true }],
  ] as const) {
    it(`is kept under another name, and ${name} continues it`, () =>
      withDirectory(async (directory) => {
        const names = await leave(directory, 4 * MIB);
        assert.match(names.join(), /^\.f\.smbx-[0-9a-f]{12}\.part$/);
        const kept = new Uint8Array(readFileSync(join(directory, names[0] ?? "")));
        assert.ok(kept.length >= MIB && Buffer.compare(kept, whole.subarray(0, kept.length)) === 0);
        const { share, env } = await undisturbed();
        share.add("f", whole.slice());
        const { bytes } = await downloadFile(env, "f", join(directory, "f"), options);
        assert.equal(bytes, 4 * MIB - kept.length);
        assert.deepEqual(readdirSync(directory), ["f"]);
        assert.ok(readFileSync(join(directory, "f")).equals(whole));
      }));
  }

  it("leaves nothing where it is small", () =>
    withDirectory(async (directory) => {
      assert.deepEqual(await leave(directory, 2 * MIB), []);
    }));

  it("is not continued with another version, nor with what somebody has changed", () =>
    withDirectory(async (directory) => {
      for (const change of ["remote", "local"]) {
        const [name = ""] = await leave(directory, 4 * MIB);
        const { share, env } = await undisturbed();
        const lastWriteTime = change === "remote" ? { lastWriteTime: 133n * 10n ** 15n } : {};
        share.add("f", whole.slice(), lastWriteTime);
        if (change === "local") utimesSync(join(directory, name), 5, 5);
        const { bytes } = await downloadFile(env, "f", join(directory, "f"));
        assert.equal(bytes, 4 * MIB);
        assert.ok(readFileSync(join(directory, "f")).equals(whole));
      }
    }));

  it("is given to one of two that want to continue it", () =>
    withDirectory(async (directory) => {
      await leave(directory, 4 * MIB);
      const rigs = await Promise.all([undisturbed(), undisturbed()]);
      const finished = await Promise.all(
        rigs.map(({ share, env }) => {
          share.add("f", whole.slice());
          return downloadFile(env, "f", join(directory, "f"));
        }),
      );
      assert.equal(finished.filter(({ bytes }) => bytes === 4 * MIB).length, 1);
      assert.ok(readFileSync(join(directory, "f")).equals(whole));
    }));
});

describe("an upload that is interrupted", () => {
  for (const [name, options] of [
    ["the same command", {}],
    ["reput", { resume: true }],
  ] as const) {
    it(`is kept under another name, and ${name} continues it`, () =>
      withDirectory(async (directory) => {
        const path = join(directory, "f");
        writeFileSync(path, whole);
        const first = await interrupted(Command.WRITE, 3 * MIB);
        await assert.rejects(uploadFile(first.env, path, "f", options), /Ctrl-C/);
        const [kept] = [...first.share.files];
        assert.match(kept?.[0] ?? "", /^f\.smbx-[0-9a-f]{12}\.part$/);
        const bytes = kept?.[1].bytes ?? new Uint8Array(0);
        assert.ok(bytes.length >= MIB);
        assert.equal(Buffer.compare(bytes, whole.subarray(0, bytes.length)), 0);
        const { share, env } = await undisturbed();
        share.add(kept?.[0] ?? "", bytes);
        const finished = await uploadFile(env, path, "f", options);
        assert.equal(finished.bytes, whole.length - bytes.length);
        assert.deepEqual([...share.files.keys()], ["f"]);
        assert.equal(Buffer.compare(share.files.get("f")?.bytes ?? bytes, whole), 0);
      }));
  }

  it("is sent again where what was kept differs, and leaves what has the name until then", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "f");
      writeFileSync(path, whole);
      const first = await interrupted(Command.WRITE, 3 * MIB);
      first.share.add("f", pattern(10));
      await assert.rejects(uploadFile(first.env, path, "f"), /Ctrl-C/);
      assert.deepEqual(first.share.files.get("f")?.bytes, pattern(10));
      const name = [...first.share.files.keys()].find((key) => key.endsWith(".part")) ?? "";
      const { share, env } = await undisturbed();
      share.add(name, pattern(2 * MIB, 9));
      assert.equal((await uploadFile(env, path, "f")).bytes, whole.length);
      assert.deepEqual([...share.files.keys()], ["f"]);
    }));
});
