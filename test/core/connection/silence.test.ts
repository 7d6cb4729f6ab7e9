import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TimeoutError } from "../../../src/core/errors.ts";
import { ChangeNotifyRequest, ChangeNotifyResponse } from "../../../src/core/smb2/change-notify.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import { ManualClock } from "../../support/clock.ts";
import { openFile } from "../../support/fake-session.ts";

describe("silence", () => {
  async function silent(clock: ManualClock) {
    const all = await openFile({}, { clock, timeoutMs: 20_000 });
    all.server.on(Command.READ, () => {});
    return all;
  }

  it("of the whole server ends the connection after the time-out, and names the request", async () => {
    const clock = new ManualClock();
    const { server, file } = await silent(clock);
    server.on(Command.ECHO, () => {});
    const reading = file.read(new Uint8Array(8), 0);
    const outcome = assert.rejects(reading, (error: unknown) => {
      assert.ok(error instanceof TimeoutError, String(error));
      assert.match(error.message, /READ request/);
      return true;
    });
    await tick(clock, 30_000);
    await outcome;
    assert.ok(server.requestsOf(Command.ECHO).length >= 1);
  });

  it("of one request is borne while the server answers ECHO, but not for ever", async () => {
    const clock = new ManualClock();
    const { client, file } = await silent(clock);
    const errors: unknown[] = [];
    const reading = file.read(new Uint8Array(8), 0).catch((reason: unknown) => errors.push(reason));
    await tick(clock, 60_000);
    assert.equal(errors.length, 0);
    await tick(clock, 90_000);
    await reading;
    assert.ok(errors[0] instanceof TimeoutError, String(errors[0]));
    assert.equal(client.connection.isClosed, false);
  });

  it("is noticed where only a request is under way that may wait as long as the server lives", async () => {
    for (const isAlive of [true, false]) {
      const clock = new ManualClock();
      const { client, server } = await silent(clock);
      server.on(Command.CHANGE_NOTIFY, () => {});
      if (!isAlive) server.on(Command.ECHO, () => {});
      const errors: unknown[] = [];
      const waiting = client.session
        .request({
          request: ChangeNotifyRequest,
          message: {
            flags: 0,
            outputBufferLength: 64,
            fileId: new Uint8Array(16),
            completionFilter: 1,
          },
          response: ChangeNotifyResponse,
          mayWait: true,
        })
        .catch((error: unknown) => errors.push(error));
      await tick(clock, 300_000);
      assert.equal(client.connection.isClosed, !isAlive);
      assert.equal(errors.length, isAlive ? 0 : 1);
      if (!isAlive) await waiting;
    }
  });

  it("does not count while nothing is asked", async () => {
    const clock = new ManualClock();
    const { client } = await silent(clock);
    await tick(clock, 300_000);
    assert.equal(client.connection.isClosed, false);
  });
});

/** Moves time on in steps, letting what became due happen in between. */
async function tick(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    clock.advance(500);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
