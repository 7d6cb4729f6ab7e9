import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Tree, writeSmallFile } from "../../src/core/index.ts";
import { Command, HeaderFlags } from "../../src/core/smb2/constants.ts";
import { HostileRelay } from "../support/hostile-relay.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { connectTo, download, noise } from "./protocol-exercise.ts";

const SIZE = 100_000;
/** Where fields lie in the header ([MS-SMB2] 2.2.1.2). */
const HEADER = { command: 12, flags: 16, nextCommand: 20 } as const;

/** Flips a bit near the end of the first signed request of `command` in a frame; false where there is none. */
function damage(frame: Uint8Array, command: number): boolean {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  for (let at = 0; ; ) {
    const next = view.getUint32(at + HEADER.nextCommand, true);
    const isSigned = (view.getUint32(at + HEADER.flags, true) & HeaderFlags.SIGNED) !== 0;
    if (isSigned && view.getUint16(at + HEADER.command, true) === command) {
      const last = (next === 0 ? frame.length : at + next) - 3;
      view.setUint8(last, view.getUint8(last) ^ 0x10);
      return true;
    }
    if (next === 0) return false;
    at += next;
  }
}

describe("a bit that flips on the way to smbd", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  before(async () => {
    samba = await startSamba();
    writeFileSync(join(samba.sharePath("share"), "data.bin"), noise(SIZE));
  });
  after(() => samba.stop());

  /** Does `run` over a wire on which one request of `command` is damaged. */
  async function withDamage(command: number, run: (tree: Tree) => Promise<void>): Promise<void> {
    const { host, port } = samba;
    let isToDamage = false;
    await using relay = await HostileRelay.start({
      host,
      port,
      request: (frame) => {
        if (isToDamage) isToDamage = !damage(frame, command);
        return frame;
      },
    });
    await using client = await connectTo(samba, { order: [{ kind: "tcp", port: relay.port }] });
    const tree = await client.connectTree("share");
    isToDamage = true;
    await run(tree);
    assert.equal(isToDamage, false, "nothing was damaged");
  }

  for (const [name, command] of [
    ["CREATE", Command.CREATE],
    ["READ", Command.READ],
    ["CLOSE", Command.CLOSE],
  ] as const) {
    it(`in ${name} is no lack of permission to read a file`, () =>
      withDamage(command, async (tree) => {
        const bytes = await download(tree, "data.bin");
        assert.deepEqual(Buffer.from(bytes), Buffer.from(noise(SIZE)));
      }));
  }

  for (const [name, command] of [
    ["CREATE", Command.CREATE],
    ["WRITE", Command.WRITE],
    ["CLOSE", Command.CLOSE],
  ] as const) {
    it(`in ${name} is no lack of permission to write a small file`, () =>
      withDamage(command, async (tree) => {
        const path = join(samba.sharePath("share"), "new");
        rmSync(path, { force: true });
        const data = noise(5000);
        await writeSmallFile(tree, { path: "new", temporaryPath: "new.part", data });
        assert.deepEqual(readFileSync(path), Buffer.from(data));
      }));
  }

  it("in SET_INFO or QUERY_DIRECTORY is no lack of permission either", async () => {
    const path = join(samba.sharePath("share"), "old");
    writeFileSync(path, "old");
    await withDamage(Command.SET_INFO, (tree) => tree.unlink("old"));
    assert.throws(() => readFileSync(path), /ENOENT/);
    await withDamage(Command.QUERY_DIRECTORY, async (tree) => {
      const names: string[] = [];
      for await (const entries of tree.list("")) names.push(...entries.map(({ name }) => name));
      assert.ok(names.includes("data.bin"), String(names));
    });
  });
});
