import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readSmallFile } from "../../../src/core/file/small-file.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { BUSY_STATUSES } from "../../../src/core/nt-status-classes.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import { ManualClock } from "../../support/clock.ts";
import { CREATED, connected, openFile } from "../../support/fake-session.ts";

const READ = { body: { data: new Uint8Array(4), dataRemaining: 0, flags: 0 } };

/** Lets time pass until `promise` is settled. */
async function waitFor<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  promise.then(note, note);
  for (let turn = 0; turn < 2000 && !isSettled; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(10);
  }
  return await promise;
}

describe("a server that is busy", () => {
  for (const status of BUSY_STATUSES) {
    it(`is asked again: 0x${status.toString(16)}`, async () => {
      const clock = new ManualClock();
      const { server, file } = await openFile({}, { clock });
      let left = 3;
      server.on(Command.READ, ({ reply }) => {
        left -= 1;
        reply(left > 0 ? { status } : READ);
      });
      assert.equal(await waitFor(clock, file.read(new Uint8Array(4), 0)), 4);
      assert.equal(server.requestsOf(Command.READ).length, 3);
    });
  }

  it("is given up after two seconds, with what it said", async () => {
    const clock = new ManualClock();
    const { server, tree } = await connected({}, { clock });
    server.on(Command.CREATE, ({ reply }) => reply({ status: NtStatus.TOO_MANY_OPENED_FILES }));
    const since = clock.now();
    const opening = tree.openFile("f", { access: 1 });
    await assert.rejects(waitFor(clock, opening), {
      statusName: "NT_STATUS_TOO_MANY_OPENED_FILES",
    });
    const passed = clock.now() - since;
    assert.ok(passed >= 2000 && passed < 3000, `${passed} ms`);
  });

  it("is not asked again for who does not wait any more", async () => {
    const clock = new ManualClock();
    const { server, tree } = await connected({}, { clock });
    const controller = new AbortController();
    server.on(Command.CREATE, ({ reply }) => reply({ status: NtStatus.RETRY }));
    const waiting = tree.openFile("f", { access: 1, signal: controller.signal });
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    assert.equal(server.requestsOf(Command.CREATE).length, 1);
  });

  it("gets the members of a compound one by one", async () => {
    const clock = new ManualClock();
    const { server, tree } = await connected({}, { clock });
    let left = 3;
    server.on(Command.CREATE, ({ reply }) => {
      left -= 1;
      reply(left > 0 ? { status: NtStatus.TOO_MANY_OPENED_FILES } : { body: CREATED });
    });
    server.on(Command.READ, ({ reply }) =>
      reply(left > 0 ? { status: NtStatus.TOO_MANY_OPENED_FILES } : READ),
    );
    const small = await waitFor(clock, readSmallFile(tree, "f", { length: 4 }));
    assert.equal(small.data.length, 4);
  });
});
