import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CreditWindow } from "../../../src/core/connection/credit-window.ts";
import { SmbError, TimeoutError, UnsupportedError } from "../../../src/core/errors.ts";
import { readSpec } from "../../../src/core/file/file-requests.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import type { CloseRequest } from "../../../src/core/smb2/close.ts";
import { Command, HeaderFlags } from "../../../src/core/smb2/constants.ts";
import { ManualClock } from "../../support/clock.ts";
import type { FakeRequest } from "../../support/fake-server.ts";
import { CREATED, connected, openFile } from "../../support/fake-session.ts";

/** Where fields lie in the header ([MS-SMB2] 2.2.1.2). */
const NEXT_COMMAND_OFFSET = 20;
const MESSAGE_ID_OFFSET = 24;
const PENDING = {
  status: NtStatus.PENDING,
  flags: HeaderFlags.ASYNC_COMMAND,
  asyncId: 1n,
  unsigned: true,
};
const DATA = { body: { data: new Uint8Array(1), dataRemaining: 0, flags: 0 } };
const CHARGE_4 = new Uint8Array(4 * 65_536);

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Queues a READ of four credits behind one of a single credit, whose answer brings `credits`. */
async function queueLargeRead(credits: number) {
  // Eight credits in all: a READ may spend four.
  const all = await openFile({ credits: 2 });
  const { server, client, file } = all;
  while (client.connection.creditLimit < 8) await client.connection.echo();
  const held: FakeRequest[] = [];
  server.on(Command.READ, (request) => held.push(request));
  const reads = Array.from({ length: client.connection.creditLimit - 3 }, () =>
    file.read(new Uint8Array(1), 0),
  );
  const large = file.read(CHARGE_4, 0);
  await settle();
  const finish = (): void => {
    server.on(Command.READ, ({ reply, header }) =>
      reply({ ...DATA, credits: header.creditCharge }),
    );
    held.forEach((request, index) => {
      request.reply({ ...DATA, credits: index === 0 ? credits : 0 });
    });
  };
  return { ...all, reads, large, finish };
}

describe("credits", () => {
  it("that a server takes away while a large request waits are asked for by ECHO", async () => {
    const { server, reads, large, finish } = await queueLargeRead(0);
    const echoes = server.requestsOf(Command.ECHO).length;
    server.on(Command.ECHO, ({ reply }) => reply({ body: {}, credits: 20 }));
    finish();
    await Promise.all(reads);
    assert.equal(await large, 1);
    assert.equal(server.requestsOf(Command.ECHO).length, echoes + 1);
  });

  it("that never come back fail the request, and the connection serves smaller ones", async () => {
    const { server, client, file, reads, large, finish } = await queueLargeRead(0);
    server.on(Command.ECHO, ({ reply }) => reply({ body: {}, credits: 1 }));
    const outcome = assert.rejects(large, UnsupportedError);
    finish();
    await Promise.all(reads);
    await outcome;
    assert.equal(await file.read(new Uint8Array(1), 0), 1);
    assert.equal(client.connection.isClosed, false);
  });

  it("of a request that cannot be encoded are not lost", async () => {
    const { server, client, tree } = await connected();
    const before = server.requests.at(-1)?.header.messageId ?? 0;
    const tooLong = "x".repeat(40_000);
    for (let round = 0; round < 3; round += 1) {
      await assert.rejects(tree.openFile(tooLong, { access: 1 }), SmbError);
    }
    await client.connection.echo();
    assert.equal(server.requests.at(-1)?.header.messageId, before + 1);
  });

  it("that arrive with what ends the connection send nobody into the void", async () => {
    const { server, client, file } = await openFile({ credits: 1 }, { protection: "off" });
    const held: FakeRequest[] = [];
    server.on(Command.READ, (request) => held.push(request));
    const reads = Array.from({ length: 20 }, () => file.read(new Uint8Array(1), 0));
    const outcomes = Promise.allSettled(reads);
    await settle();
    assert.equal(held.length, 1);
    held[0]?.reply({
      ...DATA,
      credits: 9,
      unsigned: true,
      tamper: (good) => followedByRubbish(good),
    });
    const [first, ...others] = await outcomes;
    assert.equal(first?.status, "fulfilled");
    assert.ok(others.every(({ status }) => status === "rejected"));
    assert.equal(client.connection.isClosed, true);
  });

  it("that a server withholds end the wait like any other silence", async () => {
    const clock = new ManualClock();
    const { server, file } = await openFile({ credits: 1 }, { clock, timeoutMs: 20_000 });
    server.on(Command.READ, ({ reply }) => reply({ ...PENDING, credits: 0 }));
    const patient = file.request({ ...readSpec(file.fileId, 0, 1), mayWait: true });
    const other = assert.rejects(patient, TimeoutError);
    await settle();
    let outcome: unknown;
    const reading = file.read(new Uint8Array(1), 0).catch((error: unknown) => {
      outcome = error;
    });
    for (let passed = 0; passed < 60 && outcome === undefined; passed += 1) {
      clock.advance(1000);
      await settle();
    }
    await Promise.all([reading, other]);
    assert.ok(outcome instanceof TimeoutError, String(outcome));
    assert.match(outcome.message, /credits/);
  });

  it("of requests that were acknowledged count once", async () => {
    const { server, client, file } = await openFile({ credits: 1 });
    const abort = new AbortController();
    server.on(Command.READ, ({ reply }) => reply({ ...PENDING, credits: 1 }));
    server.on(Command.CANCEL, () => {});
    for (let round = 0; round < 10; round += 1) {
      const waiting = file.read(new Uint8Array(1), 0, { signal: abort.signal });
      waiting.catch(() => {});
      await settle();
    }
    assert.equal(server.requestsOf(Command.READ).length, 10);
    assert.equal(client.connection.creditLimit, 1);
    abort.abort();
  });
});

describe("a compound that needs more credits than there are", () => {
  it("is sent one by one, with the handle of its CREATE", async () => {
    const { server, client, tree } = await connected({ credits: 1 });
    assert.equal(client.connection.creditLimit, 1);
    await tree.mkdir("dir");
    const [create] = server.requestsOf(Command.CREATE);
    const [close] = server.requestsOf(Command.CLOSE);
    assert.equal(create?.header.nextCommand, 0);
    assert.ok(close !== undefined);
    assert.deepEqual((close.body as CloseRequest).fileId, CREATED.fileId);
  });

  it("fails as one where the CREATE fails", async () => {
    const { server, tree } = await connected({ credits: 1 });
    server.on(Command.CREATE, ({ reply }) => reply({ status: NtStatus.ACCESS_DENIED }));
    await assert.rejects(tree.mkdir("dir"), { command: "CREATE", path: "dir" });
    assert.equal(server.requestsOf(Command.CLOSE).length, 0);
  });

  it("closes the handle where it is broken off in the middle", async () => {
    const { server, tree } = await connected({ credits: 1 });
    const abort = new AbortController();
    server.on(Command.SET_INFO, ({ reply }) => {
      abort.abort(new Error("enough"));
      reply({ status: NtStatus.CANCELLED });
    });
    await assert.rejects(tree.unlink("x", { signal: abort.signal }), /enough/);
    await settle();
    assert.equal(server.requestsOf(Command.CLOSE).length, 1);
  });
});

describe("a window of credits", () => {
  it("serves those who wait in their order, and skips those who have gone", async () => {
    const window = new CreditWindow();
    const abort = new AbortController();
    const order: number[] = [];
    const note = (id: number): number => order.push(id);
    const gone = window.take(3, 0, abort.signal);
    const second = window.take(2, 0).then(note);
    const third = window.take(1, 0).then(note);
    abort.abort(new Error("gone"));
    await assert.rejects(gone, /gone/);
    window.grant(1);
    assert.equal(await second, 1);
    window.grant(1);
    assert.equal(await third, 2);
    assert.deepEqual(order, [0, 2]);
  });

  it("tells since when the first one waits", () => {
    const window = new CreditWindow();
    assert.equal(window.waitingSinceMs, undefined);
    window.take(2, 17).catch(() => {});
    window.take(1, 18).catch(() => {});
    assert.equal(window.waitingSinceMs, 17);
    assert.equal(window.shortfall, 1);
    window.refuseFirst(new Error("no"));
    assert.equal(window.waitingSinceMs, undefined);
  });
});

/** A good message, and behind it in the same frame one that is none. */
function followedByRubbish(good: Uint8Array): Uint8Array {
  const frame = new Uint8Array(((good.length + 7) & ~7) + 64);
  frame.set(good);
  new DataView(frame.buffer).setUint32(NEXT_COMMAND_OFFSET, frame.length - 64, true);
  frame.set(good.subarray(0, 64), frame.length - 64);
  new DataView(frame.buffer).setUint32(frame.length - 64 + MESSAGE_ID_OFFSET, 0x7777, true);
  return frame;
}
