import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TimeoutError } from "../../../src/core/errors.ts";
import { openChannel } from "../../../src/core/multichannel/open-channel.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import type { TransportFactory } from "../../../src/core/transport.ts";
import { ManualClock } from "../../support/clock.ts";
import type { FakeServer } from "../../support/fake-server.ts";
import { openFile } from "../../support/fake-session.ts";

const MIB = 1024 * 1024;
const TIMEOUT_MS = 8000;
const CHANNELS = 4;
/** How long after one WRITE the next one is sent, over the next channel. */
const BETWEEN_MS = 1500;
const STEP_MS = 100;

/** A wire as TCP is towards a dead peer: whatever is sent disappears into a buffer of this machine. */
function withRoom(server: () => FakeServer | undefined): TransportFactory {
  return {
    kind: "memory",
    defaultPort: 0,
    unavailable: () => undefined,
    dial: async (target, options) => {
      const wire = await server()?.factory().dial(target, options);
      if (wire === undefined) throw new Error("There is no server yet");
      return Object.assign(wire, { isBlocked: false });
    },
  };
}

/** A file open on a session of four channels, whose server answers what is under way no more. */
async function withSilence(isSilent: (connection: number) => boolean) {
  const clock = new ManualClock();
  let begun: FakeServer | undefined;
  const transports = [withRoom(() => begun)];
  const all = await openFile(
    {
      capabilities: 12,
      credits: 64,
      prepare: (server) => {
        begun = server;
      },
    },
    { clock, transports, timeoutMs: TIMEOUT_MS },
  );
  const route = { kind: "memory", address: "server" } as const;
  const settings = { target: { host: "server" }, transports, clock };
  for (let number = 1; number < CHANNELS; number += 1)
    await openChannel(all.client.session, route, settings, new AbortController().signal);
  for (const command of [Command.WRITE, Command.ECHO]) {
    all.server.on(command, ({ connection, reply }) => {
      if (isSilent(connection)) return;
      reply({ body: command === Command.ECHO ? {} : { count: MIB, remaining: 0 } });
    });
  }
  return { ...all, clock };
}

/** Moves time on by `ms`, in steps that let happen what is due. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    for (let round = 0; round < 5; round += 1) await new Promise(setImmediate);
    clock.advance(STEP_MS);
  }
}

/** Moves time on until `work` has ended, or far too much of it has passed. */
async function untilSettled(clock: ManualClock, work: Promise<unknown>): Promise<void> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  work.then(note, note);
  while (!isSettled && clock.now() < 20 * TIMEOUT_MS) await pass(clock, STEP_MS);
}

describe("the silence of a server with several channels", () => {
  for (const busy of [1, CHANNELS]) {
    it(`is noticed after one time-out where ${busy} of ${CHANNELS} are busy`, async () => {
      const { file, client, clock } = await withSilence(() => true);
      const writes: Promise<number>[] = [];
      for (let at = 0; at < busy; at += 1) {
        writes.push(file.write(new Uint8Array(MIB), at * MIB));
        await pass(clock, BETWEEN_MS);
      }
      const work = Promise.all(writes);
      await untilSettled(clock, work);
      await assert.rejects(work, TimeoutError);
      assert.ok(clock.now() <= TIMEOUT_MS * 1.5, `${clock.now()} ms`);
      assert.equal(client.session.isClosed, true);
    });
  }

  it("on one of them leaves the others alone", async () => {
    const { file, client, clock } = await withSilence((connection) => connection === 0);
    const writes = Array.from({ length: CHANNELS }, (_, at) =>
      file.write(new Uint8Array(MIB), at * MIB),
    );
    await untilSettled(clock, Promise.all(writes));
    assert.deepEqual(await Promise.all(writes), Array(CHANNELS).fill(MIB));
    assert.equal(client.session.channels.length, CHANNELS - 1);
  });
});
