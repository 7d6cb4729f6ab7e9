import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closeSpec } from "../../../src/core/file/file-requests.ts";
import { encodeFileAll } from "../../../src/core/fscc/file-information.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { Command, HeaderFlags } from "../../../src/core/smb2/constants.ts";
import { FlushRequest, FlushResponse } from "../../../src/core/smb2/flush.ts";
import { NO_FILE_ID } from "../../../src/core/smb2/ioctl.ts";
import type { FakeRequest } from "../../support/fake-server.ts";
import { CLOSED, CREATED, connected } from "../../support/fake-session.ts";

const ALL = encodeFileAll({
  ...{ creationTime: 0n, lastAccessTime: 0n, lastWriteTime: 0n, changeTime: 0n },
  ...{ attributes: 0x80, allocationSize: 0, size: 42, links: 1, deletePending: false },
  ...{ isDirectory: false, fileId: 0n, eaSize: 0, accessFlags: 0, position: 0, mode: 0 },
  ...{ alignment: 0, name: "\\f" },
});
const STATUSES = [
  NtStatus.INTERNAL_ERROR,
  NtStatus.INSUFFICIENT_RESOURCES,
  NtStatus.INSUFF_SERVER_RESOURCES,
];

/** Behind another message of its frame, or with one behind it. */
function isInCompound({ header }: FakeRequest): boolean {
  return header.nextCommand !== 0 || (header.flags & HeaderFlags.RELATED_OPERATIONS) !== 0;
}

/** A share whose server turns `command` away in compounds; `closes`: it carries out a CLOSE all the same. */
async function turningAway(command: number, body: unknown, status: number, closes: boolean) {
  const all = await connected();
  const open = { count: 0 };
  all.server.on(Command.CREATE, (request) => {
    if (command === Command.CREATE && isInCompound(request)) return request.reply({ status });
    open.count += 1;
    request.reply({ body: CREATED });
  });
  all.server.on(Command.CLOSE, (request) => {
    if (isInCompound(request) && (!closes || open.count === 0)) return request.reply({ status });
    open.count -= 1;
    request.reply({ body: CLOSED });
  });
  if (command !== Command.CREATE) {
    all.server.on(command, (request) => {
      request.reply(isInCompound(request) ? { status } : { body });
    });
  }
  return { ...all, open };
}

describe("a server that turns members of a compound away", () => {
  for (const status of STATUSES) {
    for (const closes of [true, false]) {
      const how = `${status.toString(16)}, and ${closes ? "closes" : "does not close"} the file`;
      it(`is asked for information again alone, each time (${how})`, async () => {
        const { tree, open } = await turningAway(
          Command.QUERY_INFO,
          { outputBuffer: ALL },
          status,
          closes,
        );
        for (let round = 0; round < 2; round += 1) assert.equal((await tree.stat("f")).size, 42);
        assert.equal(open.count, 0);
      });

      it(`is asked to remove a file again alone (${how})`, async () => {
        const { tree, server, open } = await turningAway(Command.SET_INFO, {}, status, closes);
        await tree.unlink("f");
        assert.equal(server.requestsOf(Command.SET_INFO).length, 2);
        assert.equal(open.count, 0);
      });
    }

    it(`is asked to open a file again alone (${status.toString(16)})`, async () => {
      const { tree, server, open } = await turningAway(Command.CREATE, undefined, status, true);
      server.on(Command.QUERY_INFO, ({ reply }) =>
        reply(open.count > 0 ? { body: { outputBuffer: ALL } } : { status }),
      );
      assert.equal((await tree.stat("f")).size, 42);
      assert.equal(open.count, 0);
    });

    it(`is asked for a listing again alone (${status.toString(16)})`, async () => {
      const { tree, server, open } = await turningAway(Command.CREATE, undefined, 0, true);
      server.on(Command.CREATE, ({ reply }) => {
        open.count += 1;
        reply({ body: CREATED });
      });
      let sent = 0;
      server.on(Command.QUERY_DIRECTORY, (request) => {
        if (isInCompound(request)) return request.reply({ status });
        sent += 1;
        if (sent > 1) return request.reply({ status: NtStatus.NO_MORE_FILES });
        request.reply({ body: { outputBuffer: entry("a") } });
      });
      const names: string[] = [];
      for await (const entries of tree.list("")) names.push(...entries.map((each) => each.name));
      assert.deepEqual(names, ["a"]);
      assert.equal(open.count, 0);
    });
  }

  it("is believed when it says the same to a request of its own", async () => {
    const { tree, server } = await connected();
    server.on(Command.QUERY_INFO, ({ reply }) => reply({ status: NtStatus.INTERNAL_ERROR }));
    await assert.rejects(tree.stat("f"), { status: NtStatus.INTERNAL_ERROR });
    assert.equal(server.requestsOf(Command.QUERY_INFO).length, 2);
  });
});

/** FILE_ID_BOTH_DIR_INFORMATION of one entry ([MS-FSCC] 2.4.17). */
function entry(name: string): Uint8Array {
  const bytes = new Uint8Array(104 + name.length * 2);
  new DataView(bytes.buffer).setUint32(60, name.length * 2, true);
  bytes.set(Buffer.from(name, "utf16le"), 104);
  return bytes;
}

describe("a FLUSH in the middle of a compound", () => {
  it("is never sent with what follows it", async () => {
    const { server, tree } = await connected();
    server.on(Command.FLUSH, ({ reply }) => reply({ body: {} }));
    const message = { fileId: NO_FILE_ID };
    const flush = { request: FlushRequest, message, response: FlushResponse };
    const results = await tree.compound([
      tree.createSpec("f", { access: 2 }),
      flush,
      closeSpec(NO_FILE_ID, false),
    ]);
    assert.deepEqual(
      results.map((result) => result.status),
      [0, 0, 0],
    );
    const sent = server.requestsOf(Command.FLUSH);
    assert.deepEqual(sent.map(isInCompound), [false]);
    assert.equal(server.requestsOf(Command.CLOSE).some(isInCompound), false);
  });
});
