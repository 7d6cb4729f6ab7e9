import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../../src/core/clock.ts";
import { writeSmallFile } from "../../../src/core/file/small-write.ts";
import { FileInformationClass } from "../../../src/core/fscc/file-information-class.ts";
import { openChannel } from "../../../src/core/multichannel/open-channel.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { CipherId, Command } from "../../../src/core/smb2/constants.ts";
import { CLOSED, CREATED, openFile } from "../../support/fake-session.ts";

const DENIED = { status: NtStatus.ACCESS_DENIED };
const DATA = { body: { data: new Uint8Array(8), dataRemaining: 0, flags: 0 } };

/** The same with a second channel. */
async function withTwoChannels() {
  const all = await openFile({ capabilities: 12, credits: 64 });
  const transports = [all.server.factory()];
  const settings = { target: { host: "server" }, transports, clock: systemClock };
  const route = { kind: "memory", address: "server" } as const;
  await openChannel(all.client.session, route, settings, new AbortController().signal);
  return all;
}

describe("a signed request that is denied", () => {
  it("is asked once more, because damage on the way is answered like that", async () => {
    const { server, file } = await openFile();
    let denials = 1;
    server.on(Command.READ, ({ reply }) => reply(denials-- > 0 ? DENIED : DATA));
    assert.equal(await file.read(new Uint8Array(8), 0), 8);
  });

  it("is denied where the server says so twice", async () => {
    const { server, file, tree } = await openFile();
    server.on(Command.READ, ({ reply }) => reply(DENIED));
    await assert.rejects(file.read(new Uint8Array(8), 0), /ACCESS_DENIED in READ/);
    assert.equal(server.requestsOf(Command.READ).length, 2);
    const before = server.requestsOf(Command.CREATE).length;
    server.on(Command.CREATE, ({ reply }) => reply(DENIED));
    await assert.rejects(tree.stat("f"), /ACCESS_DENIED in CREATE/);
    assert.equal(server.requestsOf(Command.CREATE).length, before + 2);
  });

  it("is denied at once where it was encrypted, or is not signed", async () => {
    const encrypted = await openFile({ cipher: CipherId.AES_128_GCM }, { protection: "encrypt" });
    const plain = await openFile({}, { protection: "off" });
    for (const { server, file } of [encrypted, plain]) {
      server.on(Command.READ, ({ reply }) => reply(DENIED));
      await assert.rejects(file.read(new Uint8Array(8), 0), /ACCESS_DENIED in READ/);
      assert.equal(server.requestsOf(Command.READ).length, 1);
    }
  });

  it("is asked over another channel, and the one that damages is given up", async () => {
    const { server, client, file } = await withTwoChannels();
    server.on(Command.READ, ({ connection, reply }) => reply(connection === 0 ? DENIED : DATA));
    const [first] = client.session.channels;
    assert.equal(await file.read(new Uint8Array(8), 0), 8);
    assert.equal(client.session.channels.length, 1);
    const reason = await first?.connection.closed;
    assert.match(String(reason), /damaged on the way: the server found its signature wrong/);
  });

  it("costs no channel where it is really denied", async () => {
    const { server, client, file } = await withTwoChannels();
    server.on(Command.READ, ({ reply }) => reply(DENIED));
    await assert.rejects(file.read(new Uint8Array(8), 0), /ACCESS_DENIED in READ/);
    assert.equal(client.session.channels.length, 2);
  });

  for (const command of [Command.CREATE, Command.WRITE, Command.CLOSE]) {
    it(`leaves a small file whole where it was command ${command} of its frame`, async () => {
      const { server, tree } = await openFile();
      const requests = server.requests.length;
      let denials = 1;
      let written = "";
      const unlessDenied = (asked: number, body: unknown) =>
        asked === command && denials-- > 0 ? DENIED : { body };
      server.on(Command.CREATE, ({ reply }) => reply(unlessDenied(Command.CREATE, CREATED)));
      server.on(Command.SET_INFO, ({ reply }) => reply({ body: {} }));
      server.on(Command.QUERY_INFO, ({ message, reply }) => {
        // Other classes are asked for to see what has the name; this server has none.
        if (message[67] !== FileInformationClass.STANDARD)
          return reply({ status: NtStatus.NOT_SUPPORTED });
        const outputBuffer = new Uint8Array(24);
        outputBuffer[8] = 7;
        reply({ body: { outputBuffer } });
      });
      server.on(Command.WRITE, ({ message, reply }) => {
        const answer = unlessDenied(Command.WRITE, { count: 7 });
        if (answer !== DENIED) written += Buffer.from(message).toString("latin1", 112, 119);
        reply(answer);
      });
      server.on(Command.CLOSE, ({ reply }) =>
        reply(unlessDenied(Command.CLOSE, { ...CLOSED, flags: 0 })),
      );
      const data = Buffer.from("content");
      await writeSmallFile(tree, { path: "new", temporaryPath: "new.part", data });
      assert.match(written, /content$/);
      assert.ok(denials <= 0 && server.requests.length > requests);
    });
  }
});
