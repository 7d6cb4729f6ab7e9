import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AccessMask, Dialect, type SmbClient, type Tree } from "../../src/core/index.ts";
import { FileAction } from "../../src/core/smb2/change-notify.ts";
import { HeaderFlags, OplockLevel } from "../../src/core/smb2/constants.ts";
import { CreateResponse } from "../../src/core/smb2/create.ts";
import { LockFlags } from "../../src/core/smb2/lock.ts";
import { decodeBreakNotification } from "../../src/core/smb2/oplock-break.ts";
import { type Samba, sambaUnavailable, startSamba } from "../support/samba.ts";
import { possibleDialects } from "../support/wire.ts";
import { changesIn, connectTo, lock, openDirectory, openToWrite } from "./protocol-exercise.ts";

describe("waiting for a real server", { skip: sambaUnavailable() ?? false }, () => {
  let samba: Samba;
  let client: SmbClient;
  let tree: Tree;
  /** Called for every interim response that arrives. */
  let onInterim: () => void = () => {};

  before(async () => {
    samba = await startSamba();
  });
  after(() => samba.stop());

  /** Runs `use` with every way to protect messages that differs on the wire. */
  async function each(use: () => Promise<void>): Promise<void> {
    for (const protection of ["off", "sign", "encrypt"] as const) {
      client = await connectTo(samba, {
        protection,
        trace({ direction, parts }) {
          const [head] = parts;
          if (direction === "sent" || head === undefined) return;
          const view = new DataView(head.buffer, head.byteOffset);
          const isAsync = (view.getUint32(16, true) & HeaderFlags.ASYNC_COMMAND) !== 0;
          if (isAsync && view.getUint32(8, true) === 0x103) onInterim();
        },
      });
      tree = await client.connectTree("share");
      await use();
      assert.equal(client.connection.isClosed, false);
      await client.close();
    }
  }

  /** Resolves when the server has said that it works on `start`'s request. */
  async function pending<T>(start: () => Promise<T>): Promise<{ readonly result: Promise<T> }> {
    const interim = new Promise<void>((resolve) => {
      onInterim = resolve;
    });
    const result = start();
    result.catch(() => {});
    await interim;
    onInterim = () => {};
    return { result };
  }

  it("tells of a change", () =>
    each(async () => {
      await using directory = await openDirectory(tree, "");
      const { result } = await pending(() => changesIn(directory));
      writeFileSync(join(samba.sharePath("share"), "new.txt"), "new");
      await tree.unlink("new.txt");
      const actions = (await result).map(({ action, fileName }) => `${action} ${fileName}`);
      assert.ok(
        actions.includes(`${FileAction.ADDED} new.txt`) ||
          actions.includes(`${FileAction.REMOVED} new.txt`),
        actions.join(),
      );
    }));

  it("can be broken off, and the connection serves on", () =>
    each(async () => {
      await using directory = await openDirectory(tree, "");
      const abort = new AbortController();
      const { result } = await pending(() => changesIn(directory, abort.signal));
      abort.abort(new Error("enough"));
      await assert.rejects(result, /enough/);
      const credits = client.connection.creditLimit;
      for (let round = 0; round < 20; round += 1) {
        const again = new AbortController();
        const next = await pending(() => changesIn(directory, again.signal));
        again.abort(new Error("again"));
        await assert.rejects(next.result, /again/);
      }
      await client.connection.echo();
      assert.ok(client.connection.creditLimit >= Math.min(credits, 500));
    }));

  it("ends with the lock that was waited for, or with its cancellation", () =>
    each(async () => {
      await using first = await openToWrite(tree, "locked.bin");
      await using second = await openToWrite(tree, "locked.bin");
      await lock(first, LockFlags.EXCLUSIVE_LOCK);
      const abort = new AbortController();
      const broken = await pending(() => lock(second, LockFlags.EXCLUSIVE_LOCK, abort.signal));
      abort.abort(new Error("no longer"));
      await assert.rejects(broken.result, /no longer/);
      const { result } = await pending(() => lock(second, LockFlags.EXCLUSIVE_LOCK));
      await lock(first, LockFlags.UNLOCK);
      await result;
      await lock(second, LockFlags.UNLOCK);
    }));

  it("does not stall another client by an oplock, and survives a break it never asked for", () =>
    each(async () => {
      writeFileSync(join(samba.sharePath("share"), "shared.txt"), "shared");
      const breaks: Uint8Array[] = [];
      client.connection.onBreak = (message) => breaks.push(message.slice());
      const access = AccessMask.READ_DATA | AccessMask.WRITE_DATA;
      const spec = tree.createSpec("shared.txt", { access });
      const message = { ...spec.message, requestedOplockLevel: OplockLevel.II };
      const opened = await tree.request({ ...spec, message, response: CreateResponse });
      assert.equal(opened.body.oplockLevel, OplockLevel.II);
      const other = await connectTo(samba);
      const theirs = await openToWrite(await other.connectTree("share"), "shared.txt");
      await theirs.write(Uint8Array.of(1), 0);
      await theirs.close();
      await other.close();
      while (breaks.length === 0) await client.connection.echo();
      const [told] = breaks;
      assert.ok(told !== undefined);
      const notification = decodeBreakNotification(told);
      assert.equal(notification.kind, "oplock");
      await using plain = await openToWrite(tree, "shared.txt");
      assert.equal(plain.created.oplockLevel, OplockLevel.NONE);
      assert.equal(await plain.read(new Uint8Array(3), 0), 3);
    }));

  it("measures the round trip of an ECHO with every dialect", async () => {
    const { SMB_2_0_2, SMB_2_1, SMB_3_0_2, SMB_3_1_1 } = Dialect;
    for (const dialect of possibleDialects([SMB_2_0_2, SMB_2_1, SMB_3_0_2, SMB_3_1_1])) {
      await using old = await connectTo(samba, { minDialect: dialect, maxDialect: dialect });
      const ms = await old.connection.echo();
      assert.ok(ms >= 0 && ms < 10_000, `${ms} ms`);
    }
  });
});
