import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { scopy } from "../../../src/cli/commands/scopy.ts";
import type { ShellContext } from "../../../src/cli/context.ts";
import { NtStatus } from "../../../src/core/index.ts";
import type { CloseRequest } from "../../../src/core/smb2/close.ts";
import { AccessMask, Command, CtlCode } from "../../../src/core/smb2/constants.ts";
import type { CreateRequest } from "../../../src/core/smb2/create.ts";
import type { IoctlRequest } from "../../../src/core/smb2/ioctl.ts";
import { Reader } from "../../../src/core/wire/reader.ts";
import { encodeBytes } from "../../../src/core/wire/writer.ts";
import type { FakeReply } from "../../support/fake-server.ts";
import { CLOSED, CREATED, connected } from "../../support/fake-session.ts";

const MIB = 1 << 20;
const SIZE = 5 * MIB + 1;

interface Scene {
  /** The most that one request may ask for: chunks, bytes of each, and of all. */
  readonly limits?: readonly [chunks: number, chunkBytes: number, requestBytes: number];
  /** It does not tell its limits. */
  readonly isSilent?: boolean;
  /** Instead of copying. */
  readonly ioctl?: FakeReply;
  /** In answer to the CLOSE of the copy. */
  readonly closed?: FakeReply;
}

/** Copies `a` to `b` on a server that does it as `scene` says. */
async function copy(scene: Scene = {}) {
  const [chunks, chunkBytes, requestBytes] = scene.limits ?? [256, MIB, 16 * MIB];
  const { server, tree } = await connected();
  const opens = new Map<string, string>();
  const rights: number[] = [];
  const requests: number[] = [];
  let isRemoved = false;
  let copied = 0;
  server.on(Command.CREATE, ({ body, reply }) => {
    const { name, desiredAccess } = body as CreateRequest;
    rights.push(desiredAccess);
    const fileId = new Uint8Array(16).fill(opens.size + 1);
    opens.set(fileId.join(), name);
    reply({ body: { ...CREATED, fileId, endOfFile: name === "a" ? SIZE : copied } });
  });
  server.on(Command.CLOSE, ({ body, reply }) => {
    const { fileId, flags } = body as CloseRequest;
    const isCopy = opens.get(fileId.join()) === "b";
    const endOfFile = isCopy ? copied : SIZE;
    reply((isCopy ? scene.closed : undefined) ?? { body: { ...CLOSED, flags, endOfFile } });
  });
  server.on(Command.SET_INFO, ({ reply }) => {
    isRemoved = true;
    reply({ body: {} });
  });
  server.on(Command.IOCTL, ({ body, reply }) => {
    const request = body as IoctlRequest;
    const answer = { ...request, flags: 0, input: new Uint8Array(0) };
    if (scene.ioctl !== undefined) return reply(scene.ioctl);
    if (request.ctlCode === CtlCode.SRV_REQUEST_RESUME_KEY)
      return reply({ body: { ...answer, output: new Uint8Array(32) } });
    const r = new Reader(request.input);
    r.skip(24);
    const count = r.u32();
    r.skip(4);
    const lengths = Array.from({ length: count }, () => {
      r.skip(16);
      const length = r.u32();
      r.skip(4);
      return length;
    });
    const total = lengths.reduce((sum, length) => sum + length, 0);
    requests.push(total);
    const isTooMuch =
      count > chunks || total > requestBytes || lengths.some((length) => length > chunkBytes);
    if (isTooMuch && scene.isSilent === true) return reply({ status: NtStatus.INVALID_PARAMETER });
    if (!isTooMuch) copied += total;
    const output = encodeBytes(12, (w) => {
      if (isTooMuch) w.u32(chunks).u32(chunkBytes).u32(requestBytes);
      else w.u32(count).u32(0).u32(total);
    });
    reply({
      status: isTooMuch ? NtStatus.INVALID_PARAMETER : NtStatus.SUCCESS,
      body: { ...answer, output },
    });
  });
  const context = { tree, cwd: "", signal: new AbortController().signal };
  const outcome = await Promise.resolve(
    scopy.run(context as unknown as ShellContext, ["a", "b"]),
  ).catch((error: unknown) => error);
  return { outcome, requests, rights, isRemoved: () => isRemoved, copied: () => copied };
}

describe("scopy", () => {
  it("copies, and asks for no right that it does not need", async () => {
    const { outcome, requests, rights, copied, isRemoved } = await copy();
    assert.equal(outcome, undefined);
    assert.deepEqual([copied(), requests], [SIZE, [SIZE]]);
    assert.deepEqual(rights, [
      AccessMask.READ_DATA | AccessMask.READ_ATTRIBUTES,
      AccessMask.WRITE_DATA | AccessMask.READ_ATTRIBUTES | AccessMask.DELETE,
    ]);
    assert.ok(!isRemoved());
  });

  const limits = [
    [1, MIB, 16 * MIB],
    [256, 65_536, 16 * MIB],
    [256, MIB, 2 * MIB],
    [2, 100_000, 150_000],
  ] as const;
  for (const each of limits) {
    it(`keeps to a server's limits: ${each.join(", ")}`, async () => {
      const { outcome, requests, copied } = await copy({ limits: each });
      assert.equal(outcome, undefined);
      assert.equal(copied(), SIZE);
      const most = Math.min(each[0] * each[1], each[2]);
      assert.ok(requests.slice(1).every((bytes) => bytes <= most));
      assert.equal(requests.length, 1 + Math.ceil(SIZE / most));
    });
  }

  it("makes do with a server that does not tell them", async () => {
    const { outcome, copied } = await copy({ limits: [1, 65_536, 65_536], isSilent: true });
    assert.equal(outcome, undefined);
    assert.equal(copied(), SIZE);
  });

  it("gives up where nothing is little enough", async () => {
    for (const isSilent of [true, false]) {
      const { outcome, isRemoved, requests } = await copy({ limits: [0, 0, 0], isSilent });
      assert.match(String(outcome), /NT_STATUS_INVALID_PARAMETER copying \\a/);
      assert.ok(isRemoved());
      assert.ok(requests.length <= 2);
    }
  });

  it("says what helps where a server has no such thing", async () => {
    const { outcome, isRemoved } = await copy({ ioctl: { status: NtStatus.NOT_SUPPORTED } });
    const { cause } = outcome as { cause: { explanation: string } };
    assert.match(cause.explanation, /get the file and put it/);
    assert.ok(isRemoved());
  });

  it("fails where CLOSE does, or another size is there, and leaves no part of a copy", async () => {
    const short = { ...CLOSED, flags: 1, endOfFile: SIZE - 1 };
    for (const closed of [{ status: NtStatus.DISK_FULL }, { body: short }]) {
      const { outcome, isRemoved } = await copy({ closed });
      assert.match(String(outcome), /NT_STATUS_DISK_FULL|instead of/);
      assert.ok(isRemoved());
    }
  });
});
